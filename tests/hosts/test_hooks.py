"""Events of a host and what they are answered, on a real memory with the tiny embedder."""

from __future__ import annotations

import json
import time

import pytest

from ntm_memory.commands import run
from ntm_memory.errors import StoreError
from ntm_memory.hosts import hooks
from ntm_memory.hosts.projects import project_of
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.persistence.hook_runs import last_runs
from ntm_memory.rendering import stores
from tests.opening import TINY, write_config


class Host:
    """A host in a project, with its memory."""

    def __init__(self, tmp_path):
        self.home = tmp_path / "memory"
        self.cwd = tmp_path / "app"
        (self.cwd / ".git").mkdir(parents=True)
        self.project = project_of(str(self.cwd))
        self.everything_matters, self.asked = False, []
        self.configure()

    def configure(self, **settings):
        write_config(self.home, **TINY, recall={"confidence_floor": 0.0}, store={"backups": 0}, **settings)

    def ask(self, **request):
        self.asked.append(request)
        if request["command"] == "relevant" and self.everything_matters:
            return self.recalled(request["prompt"], request["namespaces"], request["without"])
        return run({"home": str(self.home), **request})

    def recalled(self, query, namespaces, without):
        """In the place of what was learned, which the tiny embedder has no network for: all that recall finds."""
        answers = [self.ask(command="recall", query=query, namespace=namespace) for namespace in namespaces]
        found = [memory for answer in answers for memory in answer["memories"] if memory["id"] not in without]
        return {"memories": found[:3]}

    def tell(self, content, namespace=None, **fields):
        answer = self.ask(command="memorize", content=content, namespace=namespace or self.project.namespace, **fields)
        return answer["memory"]["id"]

    def answer(self, event, session="s1", **fields):
        told = {"event": event, "session_id": session, "cwd": str(self.cwd), **fields}
        return hooks.answer(told, lambda request: self.ask(**request), str(self.home))

    def text(self, event, **fields):
        answer = self.answer(event, **fields)
        assert set(answer) <= {"hookSpecificOutput"}
        return answer.get("hookSpecificOutput", {}).get("additionalContext", "")

    def turn(self, prompt, said, **fields):
        self.answer("UserPromptSubmit", prompt=prompt, **fields)
        assert self.answer("Stop", last_assistant_message=said, **fields) == {}

    def episodes(self):
        return self.ask(command="list", namespace=self.project.episodes)["memories"]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.fixture
def sure(host):
    """Everything that recall finds matters."""
    host.everything_matters = True


@pytest.mark.usefixtures("sure")
def test_a_prompt_gets_what_matters_once_a_session(host):
    id = host.tell("Mia drinks green tea", key="mia-drink")
    text = host.text("UserPromptSubmit", prompt="What does Mia drink?")
    assert RECALLED_TAG in text
    assert f"- [{id}, " in text
    assert "Mia drinks green tea" in text
    assert host.text("UserPromptSubmit", prompt="What does Mia drink?") == ""
    assert id in host.text("UserPromptSubmit", prompt="What does Mia drink?", session="s2")


@pytest.mark.usefixtures("sure")
def test_it_looks_where_the_project_and_the_user_are_and_nowhere_else(host):
    ids = [host.tell(f"the port is {place}", place) for place in ("shared", "default")]
    stranger = host.tell("the port is elsewhere", "elsewhere")
    text = host.text("UserPromptSubmit", prompt="the port")
    assert all(id in text for id in ids)
    assert stranger not in text


@pytest.mark.usefixtures("sure")
def test_three_memories_and_their_size_at_most(host):
    for number in range(6):
        host.tell(f"the port number {number} " + "word " * 300)
    text = host.text("UserPromptSubmit", prompt="the port number")
    assert len(text) <= 1500
    assert 1 <= text.count("- [m_") <= 3


def test_where_nothing_can_tell_what_matters_nothing_is_said(host):
    host.tell("Mia drinks green tea")
    assert host.text("UserPromptSubmit", prompt="What does Mia drink?") == ""
    assert "failed" not in last_runs(host.home)[0]


@pytest.mark.usefixtures("sure")
def test_nothing_for_what_no_person_said(host):
    host.tell("Mia drinks green tea")
    for prompt in ("<task-notification>Mia drinks</task-notification>", "/mia drinks", "!Mia drinks", "", None, 7):
        assert host.answer("UserPromptSubmit", prompt=prompt) == {}


@pytest.mark.usefixtures("sure")
def test_switched_off_by_settings_or_by_the_project(host):
    host.tell("Mia drinks green tea")
    (host.cwd / ".ntm-memory").write_text("inject = off")
    host.project = project_of(str(host.cwd))
    assert host.answer("UserPromptSubmit", prompt="What does Mia drink?") == {}
    assert host.answer("SessionStart", source="startup") == {}
    (host.cwd / ".ntm-memory").unlink()
    host.configure(hosts={"inject": False})
    assert host.answer("UserPromptSubmit", prompt="What does Mia drink?") == {}
    assert host.answer("SessionStart", source="startup") == {}


@pytest.mark.usefixtures("sure")
def test_what_comes_too_late_is_not_said_and_may_come_again(host):
    host.tell("Mia drinks green tea")
    told = {"prompt": "What does Mia drink?"}
    assert host.answer("UserPromptSubmit", deadline=time.monotonic() - 1, **told) == {}
    assert "green tea" in host.text("UserPromptSubmit", deadline=time.monotonic() + 60, **told)


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize("carrier", ["UserPromptSubmit", "PostToolUse"])
def test_what_came_too_late_is_carried_by_the_next_event_once(host, carrier):
    id = host.tell("Mia drinks green tea")
    late = {"prompt": "What does Mia drink?", "deadline": time.monotonic() - 1}
    assert host.answer("UserPromptSubmit", **late) == {}
    assert last_runs(host.home)[0]["decided"] == "late"
    assert host.answer("PostToolUse", session="another") == {}
    answer = host.answer(carrier, prompt="and now, green tea?")["hookSpecificOutput"]
    assert answer["hookEventName"] == carrier
    assert answer["additionalContext"].count(id) == 1
    assert host.answer("PostToolUse") == {}
    assert host.answer("UserPromptSubmit", prompt="What does Mia drink?") == {}, "it is known to have been shown"


@pytest.mark.usefixtures("sure")
def test_what_came_too_late_is_not_carried_where_nothing_may_be_put_in(host):
    host.tell("Mia drinks green tea")
    host.answer("UserPromptSubmit", prompt="What does Mia drink?", deadline=time.monotonic() - 1)
    (host.cwd / ".ntm-memory").write_text("inject = off")
    assert host.answer("PostToolUse") == {}


@pytest.mark.usefixtures("sure")
def test_status_says_what_a_hook_decided(host):
    host.tell("Mia drinks green tea")
    host.answer("UserPromptSubmit", prompt="What does Mia drink?", deadline=time.monotonic() - 1)
    host.answer("PostToolUse")
    host.answer("UserPromptSubmit", prompt="!ls")
    host.answer("Stop", last_assistant_message="done")
    host.turn("green tea?", "yes", session="s2")
    (host.cwd / ".ntm-memory").write_text("inject = off")
    host.answer("UserPromptSubmit", prompt="What does Mia drink?", session="s3")
    said = [run["decided"] for run in host.ask(command="status")["hooks"]][::-1]
    assert said == [
        "late",
        "carried what came late",
        "nothing matters",
        "nothing to keep",
        "put in",
        "kept",
        "off",
    ]
    text = stores.status(host.ask(command="status"))
    assert "UserPromptSubmit: late, " in text


def test_a_session_begins_with_what_stands_out(host):
    loud = host.tell("Never push on Fridays", importance=1.0)
    named = host.tell("The port is 5433", key="port")
    host.tell("said in passing", importance=0.1)
    host.tell("what a web page said", trust="tool", importance=1.0)
    text = host.text("SessionStart", source="startup")
    assert text.index(loud) < text.index(named) < text.index("said in passing")
    assert "web page" not in text
    assert host.project.namespace in text
    assert len(text) <= 1200


def test_where_nothing_was_told_a_session_begins_with_one_line_once(host):
    assert host.project.namespace in host.text("SessionStart", source="startup")
    assert host.answer("SessionStart", source="startup") == {}


def test_what_is_revised_does_not_stand_out(host):
    host.tell("The port is 5432", key="port")
    host.tell("The port is 5433", key="port")
    assert "5432" not in host.text("SessionStart", source="startup")


@pytest.mark.usefixtures("sure")
def test_what_a_session_was_shown_comes_again_only_where_it_was_lost(host):
    id = host.tell("Mia drinks green tea")
    assert id in host.text("SessionStart", source="startup")
    assert id not in host.text("UserPromptSubmit", prompt="What does Mia drink?")
    assert id not in host.text("SessionStart", source="resume")
    assert id in host.text("SessionStart", source="compact")
    assert id in host.text("SessionStart", source="clear")


@pytest.mark.usefixtures("sure")
def test_after_a_compaction_what_was_shown_comes_first(host):
    for number in range(30):
        host.tell(f"important rule number {number} " + "word " * 15, importance=1.0)
    small = host.tell("Mia drinks green tea", importance=0.1)
    assert small not in host.text("SessionStart", source="startup")
    assert small in host.text("UserPromptSubmit", prompt="What does Mia drink? green tea")
    text = host.text("SessionStart", source="compact")
    assert small in text


def test_the_last_turns_are_told_at_the_start(host):
    host.turn("please fix the parser", "the parser is fixed")
    assert "please fix the parser → the parser is fixed" in host.text("SessionStart", session="s2", source="startup")
    assert "parser" not in host.text("SessionStart", session="s2", source="resume")


@pytest.mark.usefixtures("sure")
def test_a_subagent_gets_what_matters_for_its_task(host):
    id = host.tell("Mia drinks green tea")
    other = host.tell("zebras graze")
    task = {"tool_name": "Agent", "tool_input": json.dumps({"prompt": "What does Mia drink? green tea"})}
    assert host.answer("PreToolUse", **task) == {}
    assert id in host.text("SubagentStart", agent_type="general-purpose")
    assert other in host.text("SubagentStart", agent_type="general-purpose"), "no task is known any more"
    assert id in host.text("UserPromptSubmit", prompt="What does Mia drink? green tea"), "what it saw, it alone saw"


@pytest.mark.usefixtures("sure")
def test_each_subagent_gets_what_matters_for_its_own_task(host):
    ids = [host.tell(text) for text in ("Mia drinks green tea", "the port is 5433")]
    for kind, prompt in (("one", "What does Mia drink? green tea"), ("other", "the port is")):
        task = {"prompt": prompt, "subagent_type": kind}
        host.answer("PreToolUse", tool_name="Task", tool_input=task)
    told = [host.text("SubagentStart", agent_type=kind) for kind in ("other", "one")]
    assert [text.index(id) < text.index("]") for text, id in zip(told, ids[::-1], strict=True)] == [True, True]


def test_what_is_told_is_kept_also_where_nothing_can_be_found(host):
    def failing(request):
        if request["command"] == "relevant":
            raise StoreError("damaged", "mend it")
        return host.ask(**request)

    told = {"event": "UserPromptSubmit", "session_id": "s", "cwd": str(host.cwd), "prompt": "a <remember>b</remember>"}
    assert hooks.answer(told, failing, str(host.home)) == {}
    assert [each["content"] for each in host.ask(command="list", namespace=host.project.namespace)["memories"]] == ["b"]


def test_a_finished_turn_is_an_episode(host):
    host.turn("fix the port\n```py\ncode = 1\n```", "It is 5433 now.\n```sh\nls\n```")
    (kept,) = host.episodes()
    assert kept["content"] == "fix the port\n→ It is 5433 now."
    about = {name: kept[name] for name in ("kind", "trust", "source", "session", "importance")}
    assert about == {
        "kind": "episode",
        "trust": "tool",
        "source": "claude-code:s1",
        "session": "s1",
        "importance": 0.2,
    }
    assert host.ask(command="list", namespace=host.project.namespace)["memories"] == []


def test_private_words_are_never_stored(host):
    host.turn("my word <private>swordfish</private> is set", "noted <private>swordfish</private>")
    host.turn("<private>only swordfish</private>", "what?")
    host.turn("again <remember>it is <private>swordfish</private></remember>", "ok")
    stored = b"".join(file.read_bytes() for file in host.home.rglob("*") if file.is_file())
    assert b"is set" in stored
    assert b"swordfish" not in stored


PRIVATE = [
    "see <private>a <private>b</private> my salary is 91000</private> thanks",
    "see < private >my salary is 91000</ private > thanks",
    "see ＜private＞my salary is 91000＜/private＞ thanks",
    "see <ｐｒｉｖａｔｅ>my salary is 91000</PRIVATE> thanks",
    "see <pri\u200bvate>my salary is 91000</private\u00ad> thanks",
    '<private class="x" of=me>my salary is 91000</private> see this',
    "my salary is 91000</private> see this",
    "see this <private>my salary is 91000",
    "see this <private my salary is 91000",
    "see <private>a</private></private> my salary is 91000 <private>",
    "see <private>a</private> <remember>b</private> my salary is 91000</remember>",
    "see 〈private〉my salary is 91000〈/private〉 thanks",
    "see ‹private›my salary is 91000‹/private› thanks",
    "see [private]my salary is 91000[/private] thanks",
    "看 <私密>my salary is 91000</私密> 谢谢",
    "看 【私密】my salary is 91000【／私密】 谢谢",
    "see &lt;private&gt;my salary is 91000&lt;/private&gt; thanks",
    "see <p r i v a t e>my salary is 91000</private> thanks",
    "see <рrivаte>my salary is 91000</privаte> thanks",
]


@pytest.mark.parametrize("prompt", PRIVATE)
def test_nothing_private_is_stored_however_it_is_marked(host, prompt):
    host.turn(prompt, "I see: your salary is 91000")
    host.answer("Stop", prompt=prompt, last_assistant_message="I see: your salary is 91000", session="s2")
    host.turn("how much?", f"you said: {prompt}", session="s3")
    host.turn(f"{prompt} <remember>{prompt}</remember>", "ok", session="s4")
    host.turn("how much?", "thank you", session="s5")
    stored = b"".join(file.read_bytes() for file in host.home.rglob("*") if file.is_file())
    assert b"thank you" in stored
    assert b"91000" not in stored


def test_the_answer_to_a_private_prompt_is_not_stored_also_where_another_prompt_comes_before_it(host):
    host.answer("UserPromptSubmit", prompt="my salary is <private>91000</private>")
    host.turn("and after tax?", "of 91000 is left 60000")
    assert [each["content"] for each in host.episodes()] == ["and after tax?"]


LATER = [
    ("the code is secretA2", "what did I say?", "You told me secretA2"),
    ("my salary is 91000", "and after tax?", "of 91000 is left 60000"),
    ("I am seeing Ben", "who comes?", "I think that Ben comes"),
    ("nobody knows of the divorce", "what is open?", "The Divorce, as you said."),
    ("我怀孕了", "还有什么？", "恭喜你怀孕"),
    ("we sell the house", "what did I say?", "You said: we SELL the house soon"),
]


@pytest.mark.parametrize(("private", "question", "said"), LATER)
def test_what_was_private_is_not_kept_of_later_turns_of_the_session_either(host, private, question, said):
    host.turn(f"<private>{private}</private> one", "noted")
    host.turn(question, said)
    host.turn(said, "so it is")
    host.turn("what is the port?", "I am sure that it is 5433, you know")
    assert [each["content"] for each in host.episodes()] == [
        "what is the port?\n→ I am sure that it is 5433, you know",
        question,
        "one",
    ]
    host.turn(question, said, session="another")
    assert said in host.episodes()[0]["content"]


def test_what_was_private_is_nowhere_on_the_disk(host):
    host.turn("<private>the code is swordfish</private> one", "noted")
    host.answer("UserPromptSubmit", prompt="the code is swordfish")
    host.answer("Stop", last_assistant_message="yes, the code is swordfish")
    assert not [file for file in host.home.rglob("*") if file.is_file() and b"swordfish" in file.read_bytes()]


def test_secrets_are_left_out_whatever_is_allowed(host):
    host.configure(privacy={"on_secret": "allow"})
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    host.turn(f"use the token {token[:40]} for the release", "done")
    assert token[:40] not in host.episodes()[0]["content"]


def test_what_memory_said_is_not_kept_again(host):
    host.tell("Mia drinks green tea")
    shown = host.text("SessionStart", source="startup")
    host.turn(f"{shown}\nand now?", f"I was told: {shown}")
    kept = host.episodes()[0]["content"]
    assert "and now?" in kept
    assert "green tea" not in kept
    assert RECALLED_TAG not in kept


def test_a_turn_is_bounded(host):
    host.turn("word " * 5000, "answer " * 5000)
    assert len(host.episodes()[0]["content"]) <= 1210


@pytest.mark.parametrize("capture", ["off", "told"])
def test_episodes_are_switched_off_by_settings_or_by_the_project(host, capture):
    host.configure(hosts={"capture": capture})
    host.turn("fix the port <remember>the port is 5433</remember>", "done")
    assert host.episodes() == []
    kept = host.ask(command="list", namespace=host.project.namespace)["memories"]
    assert [memory["content"] for memory in kept] == (["the port is 5433"] if capture == "told" else [])
    host.configure()
    (host.cwd / ".ntm-memory").write_text("capture = off")
    host.turn("fix the port", "done")
    assert host.episodes() == []


def test_the_folder_where_a_session_began_can_switch_off_too(host, tmp_path, monkeypatch):
    began = tmp_path / "began"
    began.mkdir()
    (began / ".ntm-memory").write_text("capture = off")
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(began))
    host.turn("fix the port <remember>the port is 5433</remember>", "done")
    assert host.episodes() == []
    assert host.ask(command="status")["memories"]["live"] == 0


def test_status_names_a_file_that_is_not_understood(host):
    (host.cwd / ".ntm-memory").write_text("CAPTURE: OFF")
    host.turn("fix the port", "done")
    assert host.episodes() == []
    answer = host.ask(command="status")
    assert answer["hooks"][0]["not_understood"] == str(host.cwd / ".ntm-memory")
    assert f"{host.cwd / '.ntm-memory'} is not understood" in stores.status(answer)


@pytest.mark.parametrize("namespace", [None, "shared", "default"])
def test_what_was_retracted_is_not_kept_of_a_turn(host, namespace):
    id = host.tell("The door code of the office is long", namespace)
    host.turn("say it", "So: The door code of the office is long. That is all.", session="s0")
    told = host.ask(command="erase", ids_or_key=[id], retract=True, namespace=namespace or host.project.namespace)
    assert len(told["holding"]) == (1 if namespace is None else 0)
    host.turn("say it again", "So: The door code of the office is long. That is all.")
    host.turn("and now <remember>The door code of the office is long</remember>", "no", session="s2")
    assert [each["content"].split("\n")[0] for each in host.episodes()] == ["say it"]


QUOTES = [
    "By the way: the door code of the office is long, do you know?",
    "You told me that the door code of the office is LONG before",
    "和他说 the door code of the office is long吗",
]


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("namespace", ["shared", "default"])
def test_a_turn_that_quotes_what_was_retracted_is_not_kept(host, quote, namespace):
    id = host.tell("The door code of the office is long", namespace)
    host.ask(command="erase", ids_or_key=[id], retract=True, namespace=namespace)
    host.turn(quote, "no")
    host.turn("and now?", quote, session="s2")
    host.turn("The door code of the house is long", "yes", session="s3")
    assert [each["content"].split("\n")[0] for each in host.episodes()] == ["The door code of the house is long"]


def test_a_turn_that_tells_to_keep_what_memory_said_is_not_kept(host):
    host.tell("The door code of the office is long")
    host.tell("Mia drinks green tea in the morning")
    shown = "The door code of the office is long\nMia drinks green tea in the morning"
    host.turn(f"please <remember>{shown}</remember>", "done")
    host.turn("go on <remember>the port is 5433</remember>", "done", session="s2")
    assert [each["content"].split("\n")[0] for each in host.episodes()] == ["go on"]


def test_a_notification_of_the_host_is_no_turn(host):
    host.turn("<task-notification>done</task-notification>", "The agent is done.")
    host.answer("Stop", last_assistant_message="said without a prompt", session="s9")
    assert host.episodes() == []


def test_old_episodes_that_nobody_reads_are_archived(host):
    host.configure(hosts={"episodes": 3})
    for number in range(5):
        host.turn(f"turn number {number}", f"answer {number}", session=f"s{number}")
    assert [each["content"].split("\n")[0] for each in host.episodes()] == [f"turn number {n}" for n in (4, 3, 2)]
    assert host.ask(command="status")["memories"]["archived"] == 2


def test_our_own_commands_run_unasked_others_are_left_to_the_host(host):
    named = "mcp__plugin_ntm-memory-system_memory__recall"
    answer = host.answer("PreToolUse", tool_name=named, tool_input='{"query": "x"}')["hookSpecificOutput"]
    assert (answer["hookEventName"], answer["permissionDecision"]) == ("PreToolUse", "allow")
    assert host.answer("PreToolUse", tool_name="Bash", tool_input='{"command": "rm -rf /"}') == {}
    assert host.answer("PreToolUse", tool_name="Bash", tool_input="{") == {}


@pytest.mark.parametrize(
    "event", ["UserPromptSubmit", "SessionStart", "SubagentStart", "Stop", "PreToolUse", "Other", ""]
)
@pytest.mark.parametrize("fields", [{}, {"prompt": "What?", "cwd": 3, "session_id": [1], "tool_input": "[" * 9000}])
def test_whatever_is_missing_or_wrong_nothing_is_said(host, event, fields):
    def locked(request):
        raise StoreError("locked", "wait")

    assert hooks.answer({"event": event, **fields}, locked, str(host.home)) == {}
    (host.home / "config.json").write_text("{")
    assert hooks.answer({"event": event, **fields}, locked, str(host.home)) == {}


def test_the_last_ten_runs_and_their_cost_are_in_status(host):
    host.tell("Mia drinks green tea")
    for number in range(12):
        host.answer("UserPromptSubmit", prompt=f"secret words {number}")
    runs = host.ask(command="status")["hooks"]
    assert runs == last_runs(host.home)
    assert len(runs) == 10
    assert {"event", "at", "ms", "cpu_ms", "characters"} <= set(runs[0])
    assert "secret" not in json.dumps(runs)


def test_a_run_that_failed_is_told_in_status(host):
    def locked(request):
        raise StoreError("locked", "wait")

    hooks.answer({"event": "UserPromptSubmit", "prompt": "What?", "cwd": str(host.cwd)}, locked, str(host.home))
    assert last_runs(host.home)[0]["failed"] == "StoreError"


def test_damaged_notes_are_begun_anew(host):
    host.answer("UserPromptSubmit", prompt="hello there")
    for file in (host.home / "hosts").iterdir():
        file.write_bytes(b"\xff{")
    host.answer("UserPromptSubmit", prompt="hello there")
    assert len(last_runs(host.home)) == 1


def test_a_prompt_waits_as_long_as_config_says(host):
    host.configure(hosts={"patience": 1.5})
    event = {"event": "UserPromptSubmit"}
    assert hooks.patience(event, str(host.home), is_ready=True) == 1.5
    assert hooks.patience(event, str(host.home), is_ready=False) > 1.5
    assert hooks.patience({"event": "Stop"}, str(host.home), is_ready=True) == 2
    assert hooks.patience({"event": "PreToolUse"}, str(host.home), is_ready=True) is None


def test_a_prompt_is_asked_with_its_words_where_the_project_and_the_user_are(host):
    host.answer("UserPromptSubmit", prompt="why?\n```\n" + "code\n" * 9000 + "```")
    (asked,) = (request for request in host.asked if request["command"] == "relevant")
    assert asked["prompt"] == "why?"
    assert asked["namespaces"] == [host.project.namespace, "shared", "default"]
