"""No secret passes into the store unless config allows it, whichever way it comes in; what was left out is told."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from opening import opened
from reading_embedder import ReadingEmbedder

from ntm_memory.errors import BadValueError, SecretError
from ntm_memory.operations.results import LeftOut
from ntm_memory.privacy import secret_tagger
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.rendering import as_text

KEY = "AKIA" + "43MGIHST3MDHXCXG"
TOLD = f"the deploy key is {KEY}, ask Mia"
KEPT = "the deploy key is [secret: aws-access-token], ask Mia"


def allowing(tmp_path, on_secret):
    return opened(tmp_path, {"privacy": {"on_secret": on_secret}})


def test_a_secret_is_left_out_and_told(memory):
    done = memory.memorize(TOLD, key="deploy")
    assert done.memory.content == KEPT
    assert done.secrets == (LeftOut("aws-access-token", "content", 18),)
    assert done.action == "created"


def test_told_again_it_is_known(memory):
    first = memory.memorize(TOLD)
    again = memory.memorize(TOLD)
    assert (again.action, again.memory.id) == ("unchanged", first.memory.id)
    assert again.secrets


def test_what_holds_none_is_as_told(memory):
    done = memory.memorize("I forgot my password again")
    assert done.memory.content == "I forgot my password again" and done.secrets == ()


OTHER = "AKIA" + "Z7QXW2MNBVK4RTYP"
NAMED = [
    ("namespace", KEY),
    ("key", f"k {KEY}"),
    ("source", f"s {KEY}"),
    ("session", KEY),
    ("kind", KEY),
    ("tags", ["work", KEY]),
]


@pytest.mark.parametrize("on_secret", ["redact", "refuse"])
@pytest.mark.parametrize(("field", "value"), NAMED)
def test_a_name_with_a_secret_is_refused_and_shown_nowhere(tmp_path, on_secret, field, value):
    with allowing(tmp_path, on_secret) as memory:
        with pytest.raises(BadValueError, match=r"holds a secret \(aws-access-token\)") as told:
            memory.memorize("a note", **{field: value})
        assert KEY not in f"{told.value.message} {told.value.hint}" and told.value.hint
        with pytest.raises(BadValueError):
            memory.memorize(f"again {KEY}", **{field: value})
        done = memory.memorize_many([{"content": "a note", field: value}, {"content": "another"}])
        assert done.created == 1 and [(bad.line, bad.code) for bad in done.failed] == [(1, "bad_value")]
        assert KEY not in repr((done, memory.status(), memory.store.audit(100)))


def test_two_secrets_as_keys_are_not_one_memory(memory):
    for key in (KEY, OTHER):
        with pytest.raises(BadValueError):
            memory.memorize(f"told with {key[:4]}", key=key)
    assert memory.store.count() == 0
    memory.memorize("a note", key="note")
    for changes in ({"new_key": KEY}, {"tags": [KEY]}):
        with pytest.raises(BadValueError, match="holds a secret"):
            memory.update("note", **changes)


def test_a_refusal_notes_no_namespace_with_a_secret(memory):
    with pytest.raises(BadValueError):
        memory.memorize('<recalled-memories from="ntm-memory-system"></recalled-memories>', namespace=KEY)
    assert [each.verb for each in memory.store.audit(100)] == ["refused"]
    assert KEY not in repr(memory.store.audit(100))


def test_a_question_leaves_no_secret_as_a_session(memory):
    memory.memorize("Mia likes green tea")
    with pytest.raises(BadValueError, match="session holds a secret"):
        memory.recall("what does Mia like?", session=KEY)
    assert memory.recall("what does Mia like?", session="s1").memories


def test_names_that_were_kept_when_it_was_allowed_may_be_mended(tmp_path):
    with allowing(tmp_path, "allow") as memory:
        id = memory.memorize("a note", key=KEY, namespace=KEY, tags=[KEY]).memory.id
        exported = memory.export_text("json", namespace=KEY)["text"]
    with allowing(tmp_path, "redact") as memory:
        assert memory.update(id, namespace=KEY, new_key="note").memory.key == "note"
        assert memory.erase([id], namespace=KEY).erased
    with allowing(tmp_path / "other", "redact") as memory:
        done = memory.import_text(exported)
        assert [bad.code for bad in done.failed] == ["bad_value"] and KEY not in repr(done)


def test_refused_it_is_not_stored(tmp_path):
    with allowing(tmp_path, "refuse") as memory:
        with pytest.raises(SecretError, match="aws-access-token in content at character 18"):
            memory.memorize(TOLD)
        assert memory.store.count() == 0


def test_allowed_it_is_stored(tmp_path):
    with allowing(tmp_path, "allow") as memory:
        assert memory.memorize(TOLD).memory.content == TOLD


@pytest.mark.parametrize(("least", "left_out"), [(0.4, True), (0.6, False), (1.0, False)])
def test_config_says_how_likely_a_secret_must_be(tmp_path, monkeypatch, least, left_out):
    def undecided(members, codes, features, read):
        return np.full(len(codes), 0.5), np.zeros((len(codes), len(secret_tagger.KINDS)))

    monkeypatch.setattr(secret_tagger, "networks", undecided)
    said = "Mia likes her tea strong"
    config = {"privacy": {"least_chance": least}}
    with opened(tmp_path, config, embedder=ReadingEmbedder()) as memory:
        assert bool(memory.memorize(said).secrets) == left_out
    with opened(tmp_path / "kept", {"privacy": {"on_secret": "allow"}}, embedder=ReadingEmbedder()) as memory:
        memory.memorize(said)
    with opened(tmp_path / "kept", config, embedder=ReadingEmbedder()) as memory:
        assert bool(memory.status(secrets=True)["secrets"]) == left_out


DOUBTED = "my tablet is 4471 and the key is"


@pytest.fixture
def doubting(monkeypatch):
    """The networks half believe that 4471 is a secret, wherever it stands, and nothing else."""

    def networks(members, codes, features, read):
        text = "".join(map(chr, codes))
        chances = np.zeros(len(codes), dtype=np.float32)
        at = text.find("4471")
        if at >= 0:
            chances[at : at + 4] = 0.5
        return chances, np.zeros((len(codes), len(secret_tagger.KINDS)))

    monkeypatch.setattr(secret_tagger, "networks", networks)
    monkeypatch.setattr("ntm_memory.privacy.secrets.limits", lambda: secret_tagger.Limits(0.8, 0.9, 0.9, 0.4))


def test_what_may_be_a_secret_is_kept_and_told_at_its_place_in_what_is_stored(tmp_path, doubting):
    with opened(tmp_path, embedder=ReadingEmbedder()) as memory:
        done = memory.memorize(f"{DOUBTED} {KEY}")
        assert done.memory.content == f"{DOUBTED} [secret: aws-access-token]"
        assert done.maybe_secret == (MaybeSecret("password", "content", 13, 0.5),)
        swapped = memory.memorize(f"the key {KEY}, and my phone is 4471").maybe_secret
        kept = memory.recall("and my phone").memories[0].content
        assert [kept[each.at : each.at + 4] for each in swapped] == ["4471"]
        assert memory.memorize("Mia likes green tea").maybe_secret == ()


def test_it_is_told_of_changes_of_many_and_of_what_is_stored(tmp_path, doubting):
    with opened(tmp_path, embedder=ReadingEmbedder()) as memory:
        memory.memorize("the tablet is Mia's", key="tablet")
        assert [each.at for each in memory.update("tablet", content="it opens with 4471").maybe_secret] == [14]
        many = memory.memorize_many([{"content": "Mia likes tea"}, {"content": "the barn is 4471"}])
        assert [(id, each.at) for id, found in many.maybe_secret.items() for each in found] == [(many.ids[1], 12)]
        taken = memory.import_text("- the shed is 4471\n- nothing here\n", "markdown")
        assert sum(map(len, taken.maybe_secret.values())) == 1
        stored = memory.status(secrets=True, redact=True)
        assert stored["secrets"] == [] and len(stored["maybe_secret"]) == 3
        assert {(each["kind"], each["chance"]) for each in stored["maybe_secret"]} == {("password", 0.5)}
        assert memory.store.get(many.ids[1]).content == "the barn is 4471"
        assert "these may be secrets and stay:" in as_text("status", stored)


@pytest.mark.parametrize(("least", "becomes"), [(0.3, "left out"), (0.6, "told"), (1.0, "told")])
def test_what_config_calls_sure_is_not_doubtful(tmp_path, doubting, least, becomes):
    with opened(tmp_path, {"privacy": {"least_chance": least}}, embedder=ReadingEmbedder()) as memory:
        done = memory.memorize("it opens with 4471")
        assert (bool(done.secrets), bool(done.maybe_secret)) == (becomes == "left out", becomes == "told")


def test_words_must_be_surer_secrets_than_what_has_a_digit(tmp_path, monkeypatch):
    def networks(members, codes, features, read):
        return np.full(len(codes), 0.85, dtype=np.float32), np.zeros((len(codes), len(secret_tagger.KINDS)))

    monkeypatch.setattr(secret_tagger, "networks", networks)
    monkeypatch.setattr("ntm_memory.privacy.secrets.limits", lambda: secret_tagger.Limits(0.8, 0.9, 0.9, 0.4))
    with opened(tmp_path, embedder=ReadingEmbedder()) as memory:
        words, digits = memory.memorize("velvet-otter"), memory.memorize("velvet-otter-42")
        assert not words.secrets and words.maybe_secret and digits.secrets and not digits.maybe_secret
        assert memory.memorize("velvet_otter").secrets and not memory.memorize("90210").secrets
    with opened(tmp_path / "told", {"privacy": {"least_chance": 0.8}}, embedder=ReadingEmbedder()) as memory:
        assert memory.memorize("velvet-otter").secrets


def test_a_number_told_twice_is_treated_alike_whether_told_or_changed(tmp_path, monkeypatch):
    def networks(members, codes, features, read):
        return np.full(len(codes), 0.85, dtype=np.float32), np.zeros((len(codes), len(secret_tagger.KINDS)))

    monkeypatch.setattr(secret_tagger, "networks", networks)
    monkeypatch.setattr("ntm_memory.privacy.secrets.limits", lambda: secret_tagger.Limits(0.8, 0.9, 0.9, 0.4))
    with opened(tmp_path, embedder=ReadingEmbedder()) as memory:
        told = memory.memorize("8080", key="proxy-port")
        changed = memory.memorize("9090", key="proxy-port")
        again = memory.update("proxy-port", content="7070")
        assert [each.memory.content for each in (told, changed, again)] == ["8080", "9090", "7070"]
        assert all(each.maybe_secret and not each.secrets for each in (told, changed, again))


@pytest.mark.parametrize(("on_secret", "told"), [("refuse", True), ("allow", False)])
def test_what_may_be_a_secret_is_refused_by_nothing(tmp_path, doubting, on_secret, told):
    with opened(tmp_path, {"privacy": {"on_secret": on_secret}}, embedder=ReadingEmbedder()) as memory:
        done = memory.memorize("it opens with 4471")
        assert done.memory.content == "it opens with 4471" and bool(done.maybe_secret) == told


def test_a_person_reads_of_it_in_one_line(tmp_path, doubting):
    with opened(tmp_path, embedder=ReadingEmbedder()) as memory:
        answer = asdict(memory.memorize("it opens with 4471"))
    (line,) = [each for each in as_text("memorize", answer).splitlines() if "secret" in each]
    assert line == "  kept, may be a secret: password in content at character 14 (chance .50)"


def test_of_a_long_text_only_the_passages_with_a_secret_are_embedded_again(tmp_path, monkeypatch, doubting):
    class Counting(ReadingEmbedder):
        def encode_memories(self, texts):
            embedded.extend(texts)
            return super().encode_memories(texts)

    embedded: list[str] = []
    monkeypatch.setattr("ntm_memory.privacy.secrets.limits", lambda: secret_tagger.Limits(0.4, 0.4, 0.4, 0.3))
    talk = [f"On day {n} Mia had tea in the garden, read a book and wrote letter {n} to Ben." for n in range(200)]
    text = "\n".join([*talk[:60], "it opens with 4471", *talk[60:]])
    with opened(tmp_path, embedder=Counting()) as memory:
        done = memory.memorize(text)
        assert done.memory.content == text.replace("4471", "[secret: password]")
        read = len(set(embedded))
        assert read > 8 and len(embedded) == len(set(embedded)) <= 1.5 * (read - 1)
        assert sum("opens with" in each for each in embedded) == 2
        rows = memory.store.keys_of(done.memory.id)
        assert np.allclose(rows, Counting().encode_memories(Counting().split_passages(done.memory.content)), atol=1e-6)


@pytest.mark.parametrize("least", [-0.1, 1.5, "high", True])
def test_a_least_chance_is_a_chance(tmp_path, least):
    with pytest.raises(BadValueError, match=r"privacy\.least_chance"):
        opened(tmp_path, {"privacy": {"least_chance": least}})


def test_an_update_is_told_too(memory):
    memory.memorize("the deploy key is with Mia", key="deploy")
    done = memory.update("deploy", content=TOLD)
    assert done.memory.content == KEPT and done.secrets
    with pytest.raises(Exception, match="nothing to change|bad"):
        memory.update("deploy")


def test_of_many_each_is_told(memory):
    done = memory.memorize_many([{"content": "Mia likes tea"}, {"content": TOLD}])
    assert done.created == 2
    assert list(done.secrets) == [done.ids[1]]
    assert memory.store.get(done.ids[1]).content == KEPT


def test_of_many_only_the_one_is_refused(tmp_path):
    with allowing(tmp_path, "refuse") as memory:
        done = memory.memorize_many([{"content": "Mia likes tea"}, {"content": TOLD}])
        assert done.created == 1
        assert [(bad.line, bad.code) for bad in done.failed] == [(2, "secret")]


def test_imports_in_every_form_leave_it_out(tmp_path):
    with allowing(tmp_path / "from", "allow") as memory:
        memory.memorize("the deploy key is with Mia", key="deploy")
        memory.update("deploy", content=TOLD)
        memory.update("deploy", content="the deploy key is gone")
        memory.memorize(f"and another {KEY}")
        texts = {form: memory.export_text(form)["text"] for form in ("json", "jsonl", "markdown")}
    for form, text in texts.items():
        assert KEY in text
        with opened(tmp_path / form) as memory:
            done = memory.import_text(text, form)
            assert done.created == 2 and not done.failed and done.secrets, form
            assert KEY not in memory.export_text("json")["text"], form
    with allowing(tmp_path / "refused", "refuse") as memory:
        assert [bad.code for bad in memory.import_text(texts["json"]).failed] == ["secret", "secret"]


def test_a_verdict_keeps_none_of_the_question(memory):
    stored = memory.memorize("Mia likes tea").memory
    memory.feedback(f"is {KEY} hers?", used=[stored.id])
    assert KEY not in memory.store.feedback()[0].query


@pytest.mark.real_model
def test_what_only_the_talk_gives_away_is_left_out(tmp_path):
    from ntm_memory import NTMMemoryManager

    with NTMMemoryManager(tmp_path) as memory:
        done = memory.memorize("my phone unlocks with 859710 in case you need to call the school")
        assert "859710" not in done.memory.content and done.secrets
        for note in ("the meeting is at 10:30 in room 4021", "order 859710 arrives on Monday"):
            assert memory.memorize(note).secrets == ()


@pytest.mark.real_model
def test_what_was_left_out_is_not_left_out_again(tmp_path):
    from ntm_memory import NTMMemoryManager

    told = "The user takes tea without sugar. token ghp_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"
    kept = "The user takes tea without sugar. token [secret: github-pat]"
    with NTMMemoryManager(tmp_path / "told") as memory:
        done = memory.memorize(told)
        assert done.memory.content == kept and [each.kind for each in done.secrets] == ["github-pat"]
        assert memory.memorize(kept).secrets == ()
        assert memory.memorize(f"And again: {kept}").secrets == ()
        assert memory.status(secrets=True)["secrets"] == []
        exported = memory.export_text("markdown")["text"]
    with NTMMemoryManager(tmp_path / "imported") as memory:
        done = memory.import_text(exported, "markdown")
        assert done.created == 2 and not done.secrets
