# VGG-like networks, after arXiv:1409.1556, Table 1: five stages of 1 to 4 convolutions and a pool, each stage with its
# own width and kernel and a pool of either kind, one activation everywhere, and a head of one or two hidden layers.
kernel = choice(1, 3, 5)
pool = choice(maxpool(2, stride=2, padding=0), avgpool(2, stride=2, padding=0))
image(3, 224, 224)
>> choice(default(act="relu"), default(act="elu"), default(act="silu"), name="act")
>> conv(choice(32, 64, 96), kernel) * choice(1, 2) @ "s1" >> pool @ "p1"
>> conv(choice(64, 128, 192), kernel) * choice(1, 2) @ "s2" >> pool @ "p2"
>> conv(choice(128, 256, 384), kernel) * choice(1, 2, 3, 4) @ "s3" >> pool @ "p3"
>> conv(choice(256, 512, 768), kernel) * choice(1, 2, 3, 4) @ "s4" >> pool @ "p4"
>> conv(choice(256, 512, 768), kernel) * choice(1, 2, 3, 4) @ "s5"
>> pool_to(choice(1, 2))
>> fc(choice(256, 1024, 4096), dropout=choice(0, 0.5)) * choice(1, 2) @ "hidden"
>> classifier(1000)
