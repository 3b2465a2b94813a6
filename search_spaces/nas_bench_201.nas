# NAS-Bench-201's 15,625 cells, arXiv:2001.00326, Figure 1: four nodes, six edges, five operations an edge; the one
# cell stands in all fifteen places. `nas.zoo.nas_bench_201` reads and writes the paper's own notation.
edge = choice(zero, identity, act >> conv(act="none"), act >> conv(kernel=3, act="none"), avgpool(3, count_pad=False))
two = (tap("a") >> edge) + edge
three = (tap("a") >> edge) + (tap("b") >> edge) + edge
cell = tie(identity @ "a" >> edge @ "b" >> two @ "c" >> three, "cell")
bare = default(norm="none") >> conv(32, act="none", bias=False)
bare2 = default(norm="none") >> conv(64, act="none", bias=False)
half = (act >> conv(32, 3, stride=2, act="none") >> act >> conv(32, 3, act="none")) + (avgpool(2, stride=2, padding=0) >> bare)
half2 = (act >> conv(64, 3, stride=2, act="none") >> act >> conv(64, 3, act="none")) + (avgpool(2, stride=2, padding=0) >> bare2)
image(3, 32, 32)
>> conv(16, 3, act="none")
>> cell * 5
>> half
>> cell * 5
>> half2
>> cell * 5
>> norm
>> act
>> classifier(10)
