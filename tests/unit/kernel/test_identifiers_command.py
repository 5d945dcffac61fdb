"""The command's contract: one JSON object for each line, nothing else."""

import json

from click.testing import CliRunner

from crm.kernel.identifiers.commands import identifiers


def run(kind: str, lines: bytes) -> list[dict[str, object]]:
    result = CliRunner().invoke(identifiers, ["check", kind], input=lines)
    assert (result.exit_code, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout_bytes.decode().splitlines()]


def test_each_line_has_its_answer_even_an_empty_one() -> None:
    answers = run("uscc", b"\xef\xbb\xbf91110000600037341L\r\n\n 430100000012345\nx")
    assert [answer["verdict"] for answer in answers] == ["valid", "invalid", "other_kind", "invalid"]
    assert answers[0] == {
        "raw": "91110000600037341L",
        "normal": "91110000600037341L",
        "verdict": "valid",
        "reason": "",
        "kind": "credit_code",
    }
    assert answers[2]["raw"] == " 430100000012345"
    assert answers[1]["reason"]


def test_patents() -> None:
    answers = run("patent", b"ZL 2017 1 0601862.3\nCN102345678A\n")
    assert [(answer["verdict"], answer["kind"], answer["normal"]) for answer in answers] == [
        ("valid", "invention", "201710601862.3"),
        ("other_kind", "invention", "CN102345678A"),
    ]


def test_bytes_that_are_no_text_are_an_invalid_number() -> None:
    assert run("uscc", b"\xff\xfe91\n")[0]["verdict"] == "invalid"


def test_an_unknown_kind_is_a_usage_error() -> None:
    assert CliRunner().invoke(identifiers, ["check", "isbn"]).exit_code == 2
