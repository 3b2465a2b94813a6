# MnasNet's factorized hierarchical space, arXiv:1807.11626, section 4.1, with inverted bottlenecks in every stage:
# each of the seven stages has its own kernel {3, 5}, squeeze-and-excitation {0, 0.25}, expansion, skip, width
# {0.75, 1, 1.25} and layers {-1, 0, +1} of MobileNetV2's, in multiples of 8 channels.
# The data set fixes image(...) and the classes; `nas search --width 0.5` narrows it all for a proxy.
image(3, 224, 224)
>> conv(32, 3, stride=2, act="silu")
>> mbconv(choice(16, 24), choice(3, 5), expand=1, se=choice(0, 0.25)) * choice(1, 2) @ "s1"
>> mbconv(choice(24, 32), choice(3, 5), stride=2, expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(1, 2, 3) @ "s2"
>> mbconv(choice(24, 32, 40), choice(3, 5), stride=2, expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(2, 3, 4) @ "s3"
>> mbconv(choice(48, 64, 80), choice(3, 5), stride=2, expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(3, 4, 5) @ "s4"
>> mbconv(choice(72, 96, 120), choice(3, 5), expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(2, 3, 4) @ "s5"
>> mbconv(choice(120, 160, 200), choice(3, 5), stride=2, expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(2, 3, 4) @ "s6"
>> mbconv(choice(240, 320, 400), choice(3, 5), expand=choice(3, 6), se=choice(0, 0.25), skip=choice(True, False)) * choice(1, 2) @ "s7"
>> conv(1280, 1, act="silu")
>> classifier(1000, dropout=0.2)
