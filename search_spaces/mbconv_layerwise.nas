# Once-for-all's space, arXiv:1908.09791, section 3.1, as in ProxylessNAS, arXiv:1812.00332: five stages of 2 to 4
# layers, each layer with its own kernel {3, 5, 7} and expansion {3, 4, 6}: (9^2 + 9^3 + 9^4)^5, about 2 * 10^19.
# Widths and squeeze-and-excitation are those of MobileNetV3-Large, with expansions of the input's channels.
image(3, 224, 224)
>> conv(16, 3, stride=2, act="hardswish")
>> mbconv(16, 3, expand=1, se=0, act="relu") * 1
>> each(mbconv(24, choice(3, 5, 7), stride=2, expand=choice(3, 4, 6), se=0, act="relu"), choice(2, 3, 4)) @ "s1"
>> each(mbconv(40, choice(3, 5, 7), stride=2, expand=choice(3, 4, 6), se=0.25, act="relu"), choice(2, 3, 4)) @ "s2"
>> each(mbconv(80, choice(3, 5, 7), stride=2, expand=choice(3, 4, 6), se=0, act="hardswish"), choice(2, 3, 4)) @ "s3"
>> each(mbconv(112, choice(3, 5, 7), expand=choice(3, 4, 6), se=0.25, act="hardswish"), choice(2, 3, 4)) @ "s4"
>> each(mbconv(160, choice(3, 5, 7), stride=2, expand=choice(3, 4, 6), se=0.25, act="hardswish"), choice(2, 3, 4)) @ "s5"
>> conv(960, 1, act="hardswish")
>> global_pool
>> fc(1280, act="hardswish")
>> classifier(1000, dropout=0.2)
