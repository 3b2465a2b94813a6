# ResNeXt-50 (32x4d), arXiv:1611.05431, on digits of 32 pixels
image(1, 32, 32)
>> conv(64, 7, stride=2)
>> maxpool(stride=2)
>> bottleneck(256, width=0.5, groups=32) * 3
>> bottleneck(512, stride=2, width=0.5, groups=32) * 4
>> bottleneck(1024, stride=2, width=0.5, groups=32) * 6
>> bottleneck(2048, stride=2, width=0.5, groups=32) * 3
>> classifier(10)
