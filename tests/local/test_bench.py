"""`./dev bench`: what it lists, and what it makes of a benchmark."""

import json

import pytest

from local import bench as verb
from local.bench import bench, benchmarks


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project of one benchmark and one module that is none."""
    package = tmp_path / "benchmarks"
    package.mkdir()
    (package / "report.py").write_text('"""Shared."""\n\nVALUE = 1\n')
    (package / "speed.py").write_text(
        '"""How fast it is.\n\nMore words.\n"""\n\ndef measure(words):\n    return None\n'
    )
    monkeypatch.setattr(verb, "_FOLDER", package)
    monkeypatch.setattr(verb, "ROOT", tmp_path)
    return package


def test_a_benchmark_is_a_module_that_measures(folder):
    assert benchmarks(folder) == {"speed": "How fast it is."}


def test_without_a_name_they_are_listed(folder, capsys):
    assert bench([]) == 0
    assert capsys.readouterr().out == "  speed          How fast it is.\n"


def test_an_unknown_name_is_refused_with_the_remedy(folder, capsys):
    assert bench(["sped"]) == 1
    assert "There is no benchmark 'sped'" in capsys.readouterr().err


def test_a_run_keeps_its_json_and_prints_it_when_asked(folder, monkeypatch, capsys):
    from benchmarks import report

    class Speed:
        @staticmethod
        def measure(words):
            return report.Report([report.Figure("share", 0.7, least=0.6)], notes=list(words))

    given = {"benchmarks.report": report, "benchmarks.speed": Speed}
    monkeypatch.setattr(verb, "import_module", given.__getitem__)
    assert bench(["speed", "--json", "--rounds=1"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["figures"]["share"] == {"value": 0.7, "least": 0.6, "met": True}
    assert printed["notes"] == ["--rounds=1"]
    kept = folder.parent / "out" / "bench" / "speed.json"
    assert json.loads(kept.read_text()) == printed
