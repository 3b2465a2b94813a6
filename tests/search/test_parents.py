"""Whose weights a candidate begins with: the nearest, of a bounded number, and after a kill too."""

from toy_search import Toy, evaluate, rows, toy_card

from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.parents import YOUNG, apart, nearest
from nas.search.record import Record
from nas.search.samplers import make
from nas.trial import Kind, Outcome


def opened(path, inherit=True, sampler="evolution:population=4,sample=2"):
    candidates = Candidates(Toy(), None, toy_card)
    settings, objective = {"space": "toy"}, Objective(("accuracy",))
    return Record(path, make(sampler, candidates, 0), objective, settings, inherit=inherit)


def test_the_nearest_is_it_and_of_equals_the_best_then_the_youngest():
    assert apart({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 0}) == 2
    point = {"a": 1, "b": 1}
    near, far = {"a": 1, "b": 2}, {"a": 2, "b": 2}
    assert nearest(point, [(0, far, 0.9), (1, near, 0.1)]) == 1
    assert nearest(point, [(0, near, 0.5), (1, near, 0.1), (2, near, 0.5)]) == 2
    assert nearest(point, []) is None


def test_a_job_has_the_nearest_complete_trial_as_its_parent(tmp_path):
    record, done = opened(tmp_path / "journal.log"), {}
    for _ in range(60):
        job = record.ask()
        points = {n: record._book.trials[n].params for n in (*done, job.number)}
        own = points.pop(job.number)
        if done:
            far = {n: apart(own, point) for n, point in points.items() if n in record.parents}
            assert far[job.parent] == min(far.values())
            assert job.parent_genotype == done[job.parent]
            assert job.parent in record.parents
        else:
            assert job.parent is None
        record.tell(evaluate(job))
        done[job.number] = job.genotype
        assert len(record.parents) <= YOUNG
    assert set(list(done)[-YOUNG:]) == record.parents
    record.close()


def test_a_trial_asked_again_after_a_kill_has_the_parent_it_had(tmp_path):
    record = opened(tmp_path / "journal.log")
    for _ in range(5):
        record.tell(evaluate(record.ask()))
    job = record.ask()
    record.tell(Outcome(99, Kind.COMPLETE))
    assert job.parent is not None
    kept = record.parents
    record.close()
    again = opened(tmp_path / "journal.log")
    assert again.parents == kept
    other = again.ask()
    assert (other.number, other.parent, other.attempt) == (job.number, job.parent, 2)
    assert other.parent_genotype == job.parent_genotype
    again.close()


def test_without_it_no_job_has_a_parent_and_nothing_is_kept(tmp_path):
    plain = opened(tmp_path / "plain.log", inherit=False)
    for _ in range(5):
        job = plain.ask()
        assert (job.parent, job.parent_genotype) == (None, "")
        plain.tell(evaluate(job))
    assert plain.parents == set()
    assert not any("parent" in row[-1] for row in rows(plain))
    plain.close()


def test_who_gave_way_to_a_better_one_makes_room_for_its_child(tmp_path):
    record = opened(tmp_path / "journal.log", sampler="random")
    jobs = [record.ask() for _ in range(4)]
    better = jobs[2].number
    record.tell(Outcome(jobs[0].number, Kind.PRUNED, {"accuracy": 0.1}, better=better))
    assert better in record.parents  # its weights stay, whatever becomes of it
    record.tell(Outcome(better, Kind.PRUNED, {"accuracy": 0.5}))
    child = record.ask()
    assert (child.parent, child.parent_genotype) == (better, jobs[2].genotype)
    points = [record._book.trials[n].params for n in (better, child.number)]
    assert apart(*points) == 1
    assert record._book.trials[child.number].user_attrs["parent"] == better
    assert better in record.parents
    record.tell(evaluate(child))
    assert better not in record.parents
    assert record.ask().parent == child.number  # the only complete one: as without a better one
    record.close()


def test_a_child_is_asked_again_after_a_kill_with_its_parent(tmp_path):
    record = opened(tmp_path / "journal.log", sampler="random")
    first, second = record.ask(), record.ask()
    record.tell(Outcome(first.number, Kind.PRUNED, better=second.number))
    child = record.ask()
    record.close()
    again = opened(tmp_path / "journal.log", sampler="random")
    asked = {job.number: job.parent for job in (again.ask(), again.ask())}
    assert asked == {second.number: None, child.number: second.number}
    again.close()
