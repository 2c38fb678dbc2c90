"""What runs unasked: one simple call of our own scripts, as bash itself reads it, and our own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ntm_memory.arguments.command_parser import command_parser
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.arguments.self_parsers import SELF_PARSERS
from ntm_memory.hosts import permission
from ntm_memory.hosts.command_line import simple_call
from ntm_memory.hosts.permission import why_allowed
from ntm_memory.mcp.tools import TOOLS
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


@pytest.mark.parametrize("verb", ["doctor", "verify"])
def test_what_looks_at_the_installation_alone_runs_unasked(verb):
    for arguments in ("", " --format json", " --format text"):
        assert runs_unasked(f"python3 {FOLDER}/scripts/{verb}.py{arguments}")
    for arguments in (" --home /etc", " --inside", " x", "; ls", " > /etc/x"):
        assert not runs_unasked(f"python3 {FOLDER}/scripts/{verb}.py{arguments}")


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


@pytest.mark.parametrize("verb", PARSERS)
def test_each_option_of_each_command_says_whether_it_is_everyday(verb):
    make, _ = PARSERS[verb]
    assert make().undecided() == []


def test_an_option_that_says_nothing_is_left_to_the_host(monkeypatch):
    def parser():
        made = command_parser("recall", "", "")
        made.add_everyday("query")
        made.add_argument("--newest")
        return made

    monkeypatch.setitem(PARSERS, "recall", (parser, None))
    permission._parser_of.cache_clear()
    try:
        assert parser().undecided() == ["newest"]
        assert runs_unasked(f"{RECALL} x")
        assert not runs_unasked(f"{RECALL} x --newest y")
    finally:
        permission._parser_of.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "recall.py x --between 2026-01 2026-03 --on 'last week' --order told --strength 3",
        "recall.py --from m_1 --shift -1 --any-namespace",
        "recall.py --help",
        "list.py --about Anna --tag a --kind fact --on yesterday --sort importance --session s --cursor 'a b'",
        "status.py --namespaces",
        "status.py --audit --id m_1",
        "feedback.py --query x --used m_1 m_2 --previous m_3",
        "import.py --host claude --dry-run",
        "erase.py --query x --restore --dry-run",
    ],
)
def test_all_that_commands_take_on_any_day(line):
    assert runs_unasked(f"python3 {FOLDER}/scripts/{line}")


@pytest.mark.parametrize(
    "line",
    [
        "recall.py x --help",
        "recall.py x -hq",
        "recall.py x --home=/x",
        "recall.py x --namespace ../x",
        "recall.py x --between 2026-01",
        "recall.py x --between 2026-01 --purge",
        "recall.py x --hom /x",
        "erase.py m_1 --pur",
        "erase.py --query x --yes",
        "erase.py m_1 --purge --dry-run",
        "import.py memories.json",
        "import.py -",
        "import.py --backup latest",
        "import.py --host openclaw",
        "import.py --host claude --project /x",
        "import.py --host claude --trust person",
        "import.py --host claude --force-retracted",
        "export.py --host openclaw",
        "list.py x",
        "status.py --encrypt",
        "status.py --secrets",
        "reembed.py",
        "reembed.py --dry-run",
        "reembed.py --help",
        "sync.py",
        "tune.py --revert",
    ],
)
def test_what_changes_more_than_a_day_does_is_left_to_the_host(line):
    assert not runs_unasked(f"python3 {FOLDER}/scripts/{line}")


def samples():
    """(tool, argument, a value of it) of all that our tools take."""
    values = {"string": "x", "array": ["x"], "boolean": True, "integer": 3, "number": 0.5}
    for tool in TOOLS:
        for name, schema in tool["inputSchema"]["properties"].items():
            yield tool["name"], name, schema.get("enum", [values[schema["type"]]])[-1]


def test_of_the_arguments_of_our_tools_only_those_are_asked_about_that_commands_ask_about():
    prefix = "mcp__plugin_ntm-memory-system_memory__"
    asked = {(tool, name) for tool, name, value in samples() if why_allowed(prefix + tool, {name: value}) is None}
    assert asked == {("hook", "event"), ("erase", "retract")}
    assert len(list(samples())) > 60


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("memorize", {"content": "x", "trust": "tool", "beside": ["m_0123456789"]}),
        ("memorize", {"many": [{"content": "x"}]}),
        ("recall", {"query": "x", "between": ["2026-01", "2026-03"]}),
        ("erase", {"ids": ["m_0123456789"], "retract": False, "strength": 0}),
        ("status", {}),
    ],
)
def test_our_own_tools(tool, arguments):
    assert why_allowed(f"mcp__plugin_ntm-memory-system_memory__{tool}", arguments)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("mcp__plugin_ntm-memory-system_memory__erase", {"ids": ["m_0123456789"], "retract": True}),
        ("mcp__plugin_ntm-memory-system_memory__recall", {"query": "x", "home": "/elsewhere"}),
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
    assert set(named[1].split(", ")) == {*PARSERS, *SELF_PARSERS} - {"reembed", "sync"}
