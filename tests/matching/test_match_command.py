"""`./comity match`: two files in, one file of pairs out; a bad file is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.cli.entry import main

GOOD = "id,name,country\nA1,ACME Gesellschaft mbH,Germany\nA2,Fabrikam Inc.,US\n"
OTHER = "\ufeffname,id,website\nAcme GmbH,B1,acme.de\nContoso,B2,\n"
REFUSED = {
    "": "{a} is empty; a header with the columns id and name is needed.",
    "id,name\n": "{a} holds a header but no companies.",
    "id;name\n1;x\n": "{a} has no column id; its header is id;name.",
    "id,name,name\n1,x,y\n": "{a} has more than one column name; its header is id, name, name.",
    "id,name,city,city\n1,x,y,z\n": "{a} has more than one column city.",
    "id,name\n1,x\n2,y,z\n": "{a}, line 3: 3 values where the header names 2 columns.",
    "id,name\n1,x\n1,y\n": "{a}, line 3: the id 1 stands on line 2 already.",
    "id,name\n ,x\n": "{a}, line 2: the id is empty.",
    'id,name\n1,"x\n': "{a}, after line 1: not readable as CSV (unexpected end of data).",
    "id,name\n1,M\xfcller\n": "{a} is not UTF-8 (byte 11); save it as CSV UTF-8.",
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    left, right, out = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "pairs.csv"
    left.write_text(GOOD)
    right.write_text(OTHER)
    return left, right, out


def test_pairs_are_written_with_reasons(files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]):
    assert main(["match", *map(str, files[:2]), "--out", str(files[2])]) == 0
    assert files[2].read_text() == (
        "id_a,id_b,probability,band,reasons\nA1,B1,0.7191,same,names equal without legal form; "
        "domain acme.de is the other's name; same legal form\n"
    )
    assert capsys.readouterr().out.startswith(
        "2 against 2: 1 pairs are the same company, 0 are for a person to decide;"
    )


def test_bad_files_are_refused_in_one_sentence(
    files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    command = ["match", *map(str, files[:2]), "--out", str(files[2])]
    said = {}
    for text in REFUSED:
        files[0].write_bytes(text.encode("latin-1"))
        assert main(command) == 2
        said[text] = capsys.readouterr().err
    assert said == {text: f"comity: {sentence.format(a=files[0])}\n" for text, sentence in REFUSED.items()}
    files[0].unlink()
    assert main(command) == 2
    assert capsys.readouterr().err == f"comity: {files[0]} cannot be read: No such file or directory.\n"
    files[0].write_text(GOOD)
    assert main([*command[:-1], str(tmp_path / "missing" / "pairs.csv")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    assert not files[2].exists()
