# MBConv layers for 8x8 digits, each layer with decisions of its own as in `mbconv_layerwise` (arXiv:1908.09791), small
# enough to be trained thousands of times on one core: kernel, expansion, squeeze-and-excitation and skip of up to
# nine layers, and the depth of three stages: 39 decisions.
image(1, 8, 8)
>> conv(8, 3, act="relu")
>> each(mbconv(8, choice(1, 3, 5), expand=choice(1, 2, 4), se=choice(0, 0.25), skip=choice(True, False), act="relu"), choice(1, 2, 3)) @ "s1"
>> each(mbconv(12, choice(1, 3, 5), stride=2, expand=choice(1, 2, 4), se=choice(0, 0.25), skip=choice(True, False), act="relu"), choice(1, 2, 3)) @ "s2"
>> each(mbconv(16, choice(1, 3, 5), stride=2, expand=choice(1, 2, 4), se=choice(0, 0.25), skip=choice(True, False), act="relu"), choice(1, 2, 3)) @ "s3"
>> classifier(10)
