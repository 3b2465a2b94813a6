# NASNet's cells, arXiv:1707.07012, section 3 and Figure 3: a normal and a reduction cell of five blocks; each block adds
# two hidden states, each any earlier one through one of thirteen operations. All five blocks are concatenated, as in
# DARTS, arXiv:1806.09055 (NASNet concatenates those that no other reads, and may concatenate in a block, too).
# Strided, identity is a 1x1 convolution, and there is no dilated one.
op = choice(
    identity,
    act >> conv(kernel=(1, 3), act="none") >> conv(kernel=(3, 1), act="none"),
    act >> conv(kernel=(1, 7), act="none") >> conv(kernel=(7, 1), act="none"),
    act >> conv(kernel=3, dilation=2, act="none"),
    avgpool(3, count_pad=False),
    maxpool(3),
    maxpool(5),
    maxpool(7),
    act >> conv(act="none"),
    act >> conv(kernel=3, act="none"),
    dsep(3),
    dsep(5),
    dsep(7),
)
down = choice(
    act >> conv(stride=2, act="none"),
    act >> conv(kernel=(1, 3), stride=(1, 2), act="none") >> conv(kernel=(3, 1), stride=(2, 1), act="none"),
    act >> conv(kernel=(1, 7), stride=(1, 2), act="none") >> conv(kernel=(7, 1), stride=(2, 1), act="none"),
    avgpool(3, stride=2, count_pad=False),
    maxpool(3, stride=2),
    maxpool(5, stride=2),
    maxpool(7, stride=2),
    act >> conv(kernel=3, stride=2, act="none"),
    dsep(3, stride=2),
    dsep(5, stride=2),
    dsep(7, stride=2),
)
n1 = choice(tap("prev") >> op, tap("x") >> op)
n2 = choice(tap("prev") >> op, tap("x") >> op, tap("n1") >> op)
n3 = choice(tap("prev") >> op, tap("x") >> op, tap("n1") >> op, tap("n2") >> op)
n4 = choice(tap("prev") >> op, tap("x") >> op, tap("n1") >> op, tap("n2") >> op, tap("n3") >> op)
n5 = choice(tap("prev") >> op, tap("x") >> op, tap("n1") >> op, tap("n2") >> op, tap("n3") >> op, tap("n4") >> op)
normal = tie(identity @ "x" >> (n1 + n1) @ "n1" >> (n2 + n2) @ "n2" >> (n3 + n3) @ "n3" >> (n4 + n4) @ "n4" >> (n5 + n5) @ "n5" >> tap("n1", "n2", "n3", "n4", "n5"), "normal")
r1 = choice(tap("prev") >> down, tap("x") >> down)
r2 = choice(tap("prev") >> down, tap("x") >> down, tap("n1") >> op)
r3 = choice(tap("prev") >> down, tap("x") >> down, tap("n1") >> op, tap("n2") >> op)
r4 = choice(tap("prev") >> down, tap("x") >> down, tap("n1") >> op, tap("n2") >> op, tap("n3") >> op)
r5 = choice(tap("prev") >> down, tap("x") >> down, tap("n1") >> op, tap("n2") >> op, tap("n3") >> op, tap("n4") >> op)
reduction = tie(identity @ "x" >> (r1 + r1) @ "n1" >> (r2 + r2) @ "n2" >> (r3 + r3) @ "n3" >> (r4 + r4) @ "n4" >> (r5 + r5) @ "n5" >> tap("n1", "n2", "n3", "n4", "n5"), "reduction")
image(3, 32, 32)
>> conv(48, 3, act="none") @ "stem"
>> cell(16, normal, prev="stem")
>> cell(16, normal) * 3
>> cell(32, reduction)
>> cell(32, normal) * 4
>> cell(64, reduction)
>> cell(64, normal) * 4
>> act
>> classifier(10)
