# AnyNetX, the design space that RegNet was found in, arXiv:2003.13678, section 3.2: four stages, each with its own
# depth (1 to 16 blocks), width (8 to 1024 in eights), bottleneck ratio {1, 2, 4} and group width {1, 2, 4, ..., 32}:
# (16 * 128 * 3 * 6)^4, about 10^18. Where groups don't divide a stage's 3x3, its channels are rounded to whole
# groups, as in the paper's code (pycls), which rounds the stage's width with them; here the width stays.
depths = choice(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
widths = choice(8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, 240, 248, 256, 264, 272, 280, 288, 296, 304, 312, 320, 328, 336, 344, 352, 360, 368, 376, 384, 392, 400, 408, 416, 424, 432, 440, 448, 456, 464, 472, 480, 488, 496, 504, 512, 520, 528, 536, 544, 552, 560, 568, 576, 584, 592, 600, 608, 616, 624, 632, 640, 648, 656, 664, 672, 680, 688, 696, 704, 712, 720, 728, 736, 744, 752, 760, 768, 776, 784, 792, 800, 808, 816, 824, 832, 840, 848, 856, 864, 872, 880, 888, 896, 904, 912, 920, 928, 936, 944, 952, 960, 968, 976, 984, 992, 1000, 1008, 1016, 1024)
groups = choice(1, 2, 4, 8, 16, 32)
image(3, 224, 224)
>> conv(32, 3, stride=2)
>> xblock(widths, stride=2, group_width=groups, width=choice(1, 0.5, 0.25)) * depths @ "s1"
>> xblock(widths, stride=2, group_width=groups, width=choice(1, 0.5, 0.25)) * depths @ "s2"
>> xblock(widths, stride=2, group_width=groups, width=choice(1, 0.5, 0.25)) * depths @ "s3"
>> xblock(widths, stride=2, group_width=groups, width=choice(1, 0.5, 0.25)) * depths @ "s4"
>> classifier(1000)
