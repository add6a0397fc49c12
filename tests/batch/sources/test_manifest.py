"""Manifests: what each column means, and what is said of one that cannot be used."""

from __future__ import annotations

import pytest

from lowcost.batch.sources import manifest
from lowcost.errors import InputError
from tests.batch.sources.test_finding import made


def found(folder, text, encoding="utf-8"):
    path = folder / "manifest.csv"
    path.write_bytes(text.encode(encoding))
    complaints = []
    rows = manifest.read(str(path), complaints.append)
    items = [each.item for each in manifest.find(str(path), rows, complaints.append, complaints.append)]
    return items, [each.partition("manifest.csv")[2] for each in complaints]


def test_every_column_is_taken(tmp_path):
    made(tmp_path, "f/a.png", "f/b.png", "phone.json")
    [item], complaints = found(
        tmp_path, "path,slide,patient,um_per_px,device,day\nf/a.png,S1,P1,0.125,phone.json,2026-03-31\n"
    )
    assert complaints == []
    assert (item.slide, item.name, item.path) == ("S1", "f/a.png", str(tmp_path / "f/a.png"))
    assert (item.patient, item.um_per_px, item.device, item.day) == (
        *("P1", 0.125, str(tmp_path / "phone.json"), "2026-03-31"),
    )


def test_semicolons_a_mark_of_windows_and_decimal_commas_are_read(tmp_path):
    made(tmp_path, "a.png")
    [item], _ = found(tmp_path, "Path; um_per_px ;device\r\na.png;0,1;phone 7\r\n\r\n", "utf-8-sig")
    assert (item.um_per_px, item.device, item.patient) == (0.1, "phone 7", None)
    [item], notes = found(tmp_path, "path,um/px\na.png,0.1\n")
    assert (item.um_per_px, notes) == (0.1, [])


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n", ""])
def test_a_table_is_read_as_spreadsheets_save_it(first, tmp_path):
    made(tmp_path, "f/a.png")
    text = f"{first}path;slide;day;;\r\nf\\a.png;S;31.3.2026;;\r\n;;;;\r\n;;;;;;\r\n"
    [item], complaints = found(tmp_path, text, "utf-8-sig")
    assert (item.path, item.day, complaints) == (str(tmp_path / "f" / "a.png"), "2026-03-31", [])


def test_columns_that_are_not_known_are_left_out_and_named(tmp_path):
    made(tmp_path, "a.png")
    [item], [note] = found(tmp_path, "path,Patient ID,slied,Staff\na.png,P,S,Ann\n")
    assert (item.patient, item.slide) == (None, tmp_path.name)
    assert "not read: 'Patient ID' (is it 'patient'?), 'slied' (is it 'slide'?), 'Staff'; columns are path" in note


def test_a_slide_may_have_files_of_several_folders_and_a_folder_may_be_one(tmp_path):
    made(tmp_path, "a/1.png", "b/1.png", "c/1.png", "c/2.png", "c/d/1.png")
    items, _ = found(tmp_path, "path,slide\na,S\nb/*.png,S\nc,\n")
    assert [(item.slide, item.name) for item in items] == [
        *(("S", "a/1.png"), ("S", "b/1.png")),
        *(("c", "1.png"), ("c", "2.png"), ("c/d", "1.png")),
    ]


def test_a_missing_file_is_said_with_its_line_and_the_others_are_found(tmp_path):
    made(tmp_path, "a.png")
    items, [complaint] = found(tmp_path, "path\nb.png\na.png\n")
    assert [item.name for item in items] == ["b.png", "a.png"]  # the missing one becomes a failure
    assert complaint.startswith(", line 2: ")
    assert complaint.endswith("b.png does not exist: check the spelling")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column 'path': its first line must name columns of path, slide, patient"),
        ("slide\nS\n", "has no column 'path'"),
        ("path,slide\n\n", "manifest.csv has no rows: give a line for each file or folder"),
        ("path,Path\na.png,a.png\n", "has a column 'path' twice: expected once each"),
        ("sep=;\npath;slide\na.png;S;P\n", "line 3: 3 values for 2 columns: put quotes around"),
        ("path,day\na.png,3/31/2026\n", "line 2: day is '3/31/2026', which may mean a day or a month first: format"),
        ("path,day\na.png,31.13.2026\n", "line 2: day is '31.13.2026', expected a date such as 2026-03-31"),
        ("path,device\na.png,7.json\n", "line 2: there is no device profile at "),
        ("path,slide\n,S\n", "line 2: path is empty: name a file"),
        ("path,um_per_px\na.png,big\n", "line 2: um_per_px is 'big', expected a number between 0.01 and 2"),
        ("path,um_per_px\na.png,nan\n", "line 2: um_per_px is 'nan', expected a number between 0.01 and 2"),
        ("path,slide,patient\na.png,S,P\nb.png,S,Q\n", "line 3: the slide S has patient Q, line 2 says P"),
        ('path\n"a.png\n', "line 2: unexpected end of data: save the table as CSV again"),
    ],
)
def test_a_table_that_cannot_be_used_is_said(text, message, tmp_path):
    with pytest.raises(InputError) as caught:
        found(tmp_path, text)
    assert message in str(caught.value)


def test_a_table_that_is_no_text_is_said(tmp_path):
    with pytest.raises(InputError, match="is no text in UTF-8: save it as CSV in UTF-8"):
        found(tmp_path, "path,patient\na.png,Jörg\n", "latin-1")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        manifest.read(str(tmp_path / "missing.csv"), print)
