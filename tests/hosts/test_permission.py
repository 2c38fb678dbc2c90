"""What runs unasked: one simple call of our own scripts, as bash itself reads it, and our own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ntm_memory.cli.parsers import PARSERS
from ntm_memory.hosts import permission
from ntm_memory.hosts.command_line import simple_call
from ntm_memory.hosts.permission import why_allowed
from ntm_memory.paths import skill_dir

FOLDER = "/opt/skill"
RECALL = f"python3 {FOLDER}/scripts/recall.py"


def runs_unasked(command, folder=FOLDER):
    return why_allowed("Bash", {"command": command}, [folder]) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        "'What does Mia drink?'",
        "'a; b && c | d > e $(f) `g` # h'",
        '"Tom said: 5 > 3"',
        '"a \\"quoted\\" word, \\$5"',
        "'Ann'\\''s cat'",
        "绿茶",
        "'x' --top-k 3 --namespace work --format text",
        "--after=2026-01-01 'x'",
        "- <<'EOF'\nany $(thing) `at` all\nEOF",
        "- <<'EOF'\nline\nEOF\n",
    ],
)
def test_everyday_calls(arguments):
    assert runs_unasked(f"{RECALL} {arguments}")


@pytest.mark.parametrize(
    "line",
    [
        f"{RECALL} 'x'; id",
        f"{RECALL} 'x' && id",
        f"{RECALL} 'x' | sh",
        f"{RECALL} 'x' > f",
        f"{RECALL} $(id)",
        f"{RECALL} `id`",
        f'{RECALL} "$(id)"',
        f"{RECALL} - <<EOF\n$(id)\nEOF",
        f"{RECALL} - <<'EOF'\nx\nEOF\nid",
        f"{RECALL} - <<'EOF'\nx",
        f"{RECALL} - <<'EOF' | sh\nx\nEOF",
        f"{RECALL} 'x'\nid",
        f"{RECALL} 'x' &",
        f"{RECALL} {{a,b}}",
        f"{RECALL} *",
        f"{RECALL} ~/x",
        f"{RECALL} 'x' --home /elsewhere",
        f"X=1 {RECALL} 'x'",
        f"python3 -c 1 {FOLDER}/scripts/recall.py",
        f"/tmp/python3 {FOLDER}/scripts/recall.py x",
        f"python3 {FOLDER}/scripts/../scripts/recall.py x",
        f"python3 {FOLDER}/scripts/install.py --uninstall",
        f"python3 {FOLDER}/scripts/erase.py m_0123456789 --purge",
        f"python3 {FOLDER}/scripts/erase.py --key --purge",
        f"python3 {FOLDER}/scripts/memorize.py --jsonl /etc/passwd",
        f"python3 {FOLDER}/scripts/memorize.py 'x' --on-secret allow",
        f"python3 {FOLDER}/scripts/export.py /etc/x",
        f"python3 {FOLDER}/scripts/status.py --repair",
        f"cat /etc/passwd | python3 {FOLDER}/scripts/memorize.py -",
        f"echo $HOME | python3 {FOLDER}/scripts/memorize.py -",
        f"echo -e x | python3 {FOLDER}/scripts/memorize.py -",
        f"printf '%n' x | python3 {FOLDER}/scripts/memorize.py -",
        f"echo x || python3 {FOLDER}/scripts/memorize.py -",
        f"{RECALL} 'a\x1b[2Kb'",
        f"{RECALL} 'a\u202eb'",
        f"{RECALL}\u00a0'x'",
        "ntm-memory recall x",
        "",
    ],
)
def test_everything_else_is_left_to_the_host(line):
    assert not runs_unasked(line)


@pytest.mark.parametrize("more", [{"dangerouslyDisableSandbox": True}, {"run_in_background": True}, {"cwd": "/x"}])
def test_a_call_with_anything_unusual_is_left_to_the_host(more):
    plain = {"command": f"{RECALL} x", "description": "recall", "timeout": 1000}
    assert why_allowed("Bash", plain, [FOLDER])
    assert why_allowed("Bash", plain | {"run_in_background": False}, [FOLDER])
    assert not why_allowed("Bash", plain | more, [FOLDER])


def test_text_for_stdin():
    assert runs_unasked(f'echo \'{{"content": "x"}}\' | python3 {FOLDER}/scripts/memorize.py --jsonl -')
    assert runs_unasked(f"printf '%s\\n' 'a' | python3 {FOLDER}/scripts/recall.py -")


def test_a_folder_with_a_blank_needs_its_quotes():
    assert runs_unasked("python3 '/opt/my skill/scripts/recall.py' x", "/opt/my skill")
    assert not runs_unasked("python3 /opt/my skill/scripts/recall.py x", "/opt/my skill")


def test_the_folder_is_this_one_unless_it_is_told():
    command = {"command": f"python3 {skill_dir()}/scripts/recall.py x"}
    assert why_allowed("Bash", command)
    assert not why_allowed("Bash", {"command": f"{RECALL} x"})


def test_every_option_of_the_table_is_one_of_the_script():
    known = {verb: parser() for verb, (parser, _) in PARSERS.items()}
    for verb in permission._VERBS:
        if verb in known:
            options = set(permission._VERBS[verb]) | set(permission._SWITCHES.get(verb, ()))
            assert options <= set(known[verb]._option_string_actions), verb


def test_a_switch_of_the_table_takes_no_value_and_an_option_takes_one():
    for verb, (parser, _) in PARSERS.items():
        actions = parser()._option_string_actions
        for name in permission._SWITCHES.get(verb, ()):
            assert actions[name].nargs == 0, (verb, name)
        for name in set(permission._VERBS.get(verb, ())) & set(actions):
            assert actions[name].nargs != 0, (verb, name)


@pytest.mark.parametrize("tool", ["memorize", "recall", "erase", "status"])
def test_our_own_tools(tool):
    assert why_allowed(f"mcp__plugin_ntm-memory-system_memory__{tool}", {"ids": ["m_0123456789"]})


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("mcp__plugin_ntm-memory-system_memory__erase", {"ids": ["m_0123456789"], "retract": True}),
        ("mcp__plugin_ntm-memory-system_memory__hook", {}),
        ("mcp__plugin_other_memory__recall", {}),
        ("mcp__plugin_ntm-memory-system_memory__recall__x", {}),
        ("mcp__memory__recall", {}),
        ("Read", {"file_path": "/etc/passwd"}),
        ("Write", {"command": f"{RECALL} x"}),
    ],
)
def test_other_tools(tool, arguments):
    assert why_allowed(tool, arguments) is None


BASH = shutil.which("bash")
SIGNS = [*"abZ09_-./:,@+=%'\"\\ \t\n|&;<>(){}$`!#~*?[]^茶é\u200d", "EOF", "<<'E'\n", "\nE\n", "echo "]
CHUNKS = [
    " 'q;'",
    " a",
    '"b c"',
    " -",
    "x",
    "'\"'",
    "\\'",
    '\\"',
    "\\ ",
    ' "x\\"y"',
    ' "\\z"',
    " '$w'",
    "\t",
    " <<'E'\nx\nE\n",
]
PIECES = st.one_of(st.sampled_from(CHUNKS), st.sampled_from(SIGNS), st.sampled_from(CHUNKS))


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@given(st.lists(PIECES, max_size=9).map("".join))
@example("'a'\\''b' \"c\\\"d\" e\\ f")
@example("'a' <<'E'\n$x\nE\n")
@example('"\\a" "\\\\"')
@example("a=b =c")
def test_what_is_understood_is_understood_as_bash_does(tail):
    line = f"python3 {tail}"
    call = simple_call(line)
    if call is None or call.feeds:
        return
    shell = 'python3() { printf "%s\\0" "$@"; }\n' + line
    done = subprocess.run([BASH, "--norc", "-c", shell], capture_output=True, env={"PATH": "/nowhere"}, cwd="/")
    assert done.stderr == b""
    seen = done.stdout.split(b"\0")[:-1] if len(call.words) > 1 else []
    assert seen == [word.text.encode() for word in call.words[1:]]


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("memorize.py x --trust person", False),
        ("memorize.py x --trust=person", False),
        ("memorize.py x --trust tool", True),
        ("update.py m_1 --trust person", False),
        ("update.py m_1 --trust agent", False),
        ("update.py m_1 --trust tool", True),
        ("reason.py --store x --trust person", False),
    ],
)
def test_raising_trust_is_left_to_the_host(line, allowed):
    told = {"command": f"python3 /skill/scripts/{line}"}
    assert (why_allowed("Bash", told, ["/skill"]) is not None) == allowed


def test_a_tool_that_changes_trust_is_left_to_the_host():
    tool = "mcp__plugin_ntm-memory-system_memory__update"
    assert why_allowed(tool, {"id": "m_1", "content": "x"}) is not None
    assert why_allowed(tool, {"id": "m_1", "trust": "agent"}) is None


def test_the_verbs_of_the_documents_are_those_of_the_table():
    security = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    named = re.search(r"VERB one of ([a-z, ]+), with everyday options", security)
    assert set(named[1].split(", ")) == set(permission._VERBS)
