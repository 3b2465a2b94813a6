# Densely connected networks, after arXiv:1608.06993, Table 1: layers of each block, growth, bottleneck and compression.
# One growth holds for the whole network, as in the paper; so do bottleneck and compression.
growth = choice(12, 16, 24, 32, 40, 48, name="growth")
bottleneck = choice(1, 2, 4, name="bottleneck")
compress = transition(choice(0.5, 0.75, 1, name="compression"))
image(3, 224, 224)
>> conv(choice(32, 64, 96), 7, stride=2)
>> maxpool(3, stride=2)
>> dense(choice(3, 6, 9), growth, bottleneck) @ "d1" >> compress
>> dense(choice(6, 12, 18), growth, bottleneck) @ "d2" >> compress
>> dense(choice(12, 24, 36, 48), growth, bottleneck) @ "d3" >> compress
>> dense(choice(8, 16, 24, 32), growth, bottleneck) @ "d4"
>> norm
>> act
>> classifier(1000)
