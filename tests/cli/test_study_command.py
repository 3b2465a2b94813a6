"""`nas study`."""

from nas.cli import main


def test_the_studies_are_listed(capsys):
    assert main(["study", "list"]) == 0
    assert "efficientnet_scaling" in capsys.readouterr().out


def test_one_that_isn_t_there_is_one_sentence(capsys):
    assert main(["study", "run", "zo"]) == 2
    assert capsys.readouterr().err == "nas: no study is called 'zo'; did you mean 'zoo'?\n"
