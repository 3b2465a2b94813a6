# Inception modules, after GoogLeNet, arXiv:1409.4842, and Inception-v3, arXiv:1512.00567: each of nine modules chooses
# the widths of its four branches, and how its large kernel is made: 5x5, two 3x3, or n x n as 1 x n and n x 1.
large = choice(conv(64, 5), conv(64, 3) * 2, conv(64, (1, 7)) >> conv(64, (7, 1)), conv(64, (1, 3)) >> conv(64, (3, 1)))
wide = choice(conv(192, 5), conv(128, 3) >> conv(192, 3), conv(128, (1, 7)) >> conv(192, (7, 1)))
pool = choice(maxpool, avgpool)
small = conv(choice(32, 64, 96)) | conv(choice(48, 96)) >> conv(choice(64, 128), 3) | conv(choice(16, 32)) >> large | pool >> conv(choice(32, 64))
middle = conv(choice(96, 192, 256)) | conv(choice(96, 160)) >> conv(choice(192, 288), 3) | conv(choice(24, 48)) >> wide | pool >> conv(choice(64, 128))
image(3, 224, 224)
>> conv(64, 7, stride=2) >> maxpool(3, stride=2) >> conv(64) >> conv(192, 3) >> maxpool(3, stride=2)
>> small @ "a3" >> small @ "b3" >> maxpool(3, stride=2)
>> middle @ "a4" >> middle @ "b4" >> middle @ "c4" >> middle @ "d4" >> middle @ "e4" >> maxpool(3, stride=2)
>> middle @ "a5" >> middle @ "b5"
>> classifier(1000, dropout=0.2)
