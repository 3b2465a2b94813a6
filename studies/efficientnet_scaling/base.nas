# B0 in small, for images of 10 x 10 pixels: blocks, ratios and order of arXiv:1905.11946, Table 1,
# four stages for its seven, a quarter to a tenth of its channels. By resolution alone it reads 21 x 21
# pixels at 4 times its MACs and 32 x 32 at 8 times; Fashion-MNIST has 28 x 28.
image(1, 10, 10)
>> conv(8, 3, act="silu")
>> mbconv(8, 3, expand=1) * 1
>> mbconv(12, 3, stride=2, expand=4) * 2
>> mbconv(20, 5, stride=2, expand=4) * 3
>> mbconv(32, 3, expand=4) * 2
>> conv(64, 1, act="silu")
>> classifier(10, dropout=0.2)
