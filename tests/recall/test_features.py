from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import CONTENT, FEATURES, LOCATION, NEAR, standard
from ntm_memory.recall.first_look import examine, score_all
from tests.recall.worlds import DAY, NOW, ask, matrix_of, postings_of, world

TALK = [
    "Ann: Which race did you run last week?",
    "Bob: The charity race, 10 miles.",
    "Ann: Congratulations Bob!",
    "Bob: Thank you, I am tired.",
    "Ann: How is the lease of your flat?",
    "Bob: I signed the lease yesterday.",
    "The cat sleeps.",
]
SESSIONS = [1, 1, 1, 1, 2, 2, 3]


class Coherent(CentredMatrix):
    """A view whose order of writing means everything."""

    def coherence(self, spoken):
        return 1.0


class Incoherent(CentredMatrix):
    """A view whose order of writing means nothing."""

    def coherence(self, spoken):
        return 0.0


def talk(**columns):
    view, postings = world(TALK, session=SESSIONS, **columns)
    return Coherent(view.slots), postings


def features_of(view, postings, text, **options):
    look = examine(view, postings, ask(text, **options))
    assert look.candidates.tolist() == list(range(len(view.slots)))
    return dict(zip(FEATURES, look.features.T, strict=True))


def near(values, offset):
    """The value of the memory so many steps on in the session, 0 where there is none."""
    shifted = []
    for i in range(len(TALK)):
        j = i + offset
        inside = 0 <= j < len(TALK) and SESSIONS[i] == SESSIONS[j]
        shifted.append(values[j] if inside else 0)
    return np.array(shifted)


def test_likeness_of_each_memory_itself():
    view, postings = talk()
    found = features_of(view, postings, "Who signed the lease?")
    scores = score_all(view, postings, ask("Who signed the lease?"))
    assert found["cosine"] == pytest.approx(scores.cosine)
    assert found["words"] == pytest.approx(scores.words)
    assert found["cosine_z"] == pytest.approx((scores.cosine - scores.cosine.mean()) / (scores.cosine.std() + 0.05))
    assert found["words_z"] == pytest.approx(
        (scores.words - scores.words.mean()) / (scores.words.std() + 0.02), abs=1e-6
    )
    both = np.maximum(found["cosine_z"], 0) * np.maximum(found["words_z"], 0)
    assert found["both"] == pytest.approx(both, abs=1e-6)
    assert all(np.argmax(found[name]) == 5 for name in CONTENT)


@pytest.mark.parametrize("offset", NEAR)
@pytest.mark.parametrize("kind", ["cosine", "words"])
def test_likeness_of_the_neighbours(kind, offset):
    found = features_of(*talk(), "Who signed the lease?")
    assert found[f"{kind}{offset:+d}"] == pytest.approx(near(found[f"{kind}_z"], offset))


def test_likeness_of_the_window_around_each_memory():
    view, postings = talk()
    found = features_of(view, postings, "Who signed the lease?")
    scores = score_all(view, postings, ask("Who signed the lease?"))
    keys = view.centred(np.arange(len(TALK)))
    cosine, count, length = [], [], []
    for i in range(len(TALK)):
        inside = [j for j in range(i - 2, i + 3) if 0 <= j < len(TALK) and SESSIONS[j] == SESSIONS[i]]
        cosine.append(scores.cosine[inside].sum() / np.linalg.norm(keys[inside].sum(axis=0)))
        count.append(scores.keywords.count[:, inside].sum(axis=1))
        length.append(view.slots.length[inside].sum())
    words = scores.keywords.bm25(np.array(count).T, np.array(length), 5 * scores.keywords.mean_length)
    assert found["window_cosine"] == pytest.approx(standard(np.array(cosine), 0.05), abs=1e-3)
    assert found["window_words"] == pytest.approx(standard(words, 0.02), abs=1e-4)


def test_likeness_of_the_whole_session():
    view, postings = talk()
    found = features_of(view, postings, "Who signed the lease?")
    scores = score_all(view, postings, ask("Who signed the lease?"))
    members = [np.flatnonzero(np.array(SESSIONS) == session) for session in (1, 2, 3)]
    own = np.array(SESSIONS) - 1
    cosine = np.array([scores.cosine[each].mean() for each in members])
    count = np.array([scores.keywords.count[:, each].sum(axis=1) for each in members]).T
    length = np.array([view.slots.length[each].sum() for each in members])
    words = scores.keywords.bm25(count, length, length.mean())
    assert found["session_cosine"] == pytest.approx(standard(cosine, 0.02)[own], abs=1e-4)
    assert found["session_words"] == pytest.approx(standard(words, 0.05)[own], abs=1e-4)
    for kind in ("cosine", "words"):
        best = np.array([found[f"{kind}_z"][each].max() for each in members])
        assert found[f"session_best_{kind}"] == pytest.approx(standard(best, 0.5)[own], abs=1e-4)


def test_one_session_alone_says_nothing_about_sessions():
    view, postings = world(TALK, session=[4] * len(TALK))
    found = features_of(Coherent(view.slots), postings, "Who signed the lease?")
    assert not any(found[name].any() for name in FEATURES if name.startswith("session_"))


def test_an_answer_stands_behind_a_question():
    found = features_of(*talk(), "Which race did Bob run?")
    asked = np.array([0, 1, 0, 0, 0, 1, 0])
    assert found["answers"].tolist() == asked.tolist()
    assert found["answers_cosine"] == pytest.approx(asked * near(found["cosine_z"], -1))
    assert found["answers_words"] == pytest.approx(asked * near(found["words_z"], -1))
    assert found["asks"].tolist() == [1, 0, 0, 0, 1, 0, 0]
    assert found["asks_cosine"] == pytest.approx(found["asks"] * found["cosine_z"])
    assert found["asks_words"] == pytest.approx(found["asks"] * found["words_z"])


def test_who_speaks_counts_where_the_question_names_someone():
    found = features_of(*talk(), "Which race did Bob run?")
    assert found["named_speaker"].tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert found["other_speaker"].tolist() == [1, 0, 1, 0, 1, 0, 0]
    assert found["named_cosine"] == pytest.approx(found["named_speaker"] * found["cosine_z"])
    assert found["named_words"] == pytest.approx(found["named_speaker"] * found["words_z"])
    nobody = features_of(*talk(), "Which race?")
    assert not nobody["named_speaker"].any() and not nobody["other_speaker"].any()


def test_the_kind_of_answer_wanted():
    view, postings = talk()
    when = features_of(view, postings, "When was the lease signed?")
    assert when["when_time"].tolist() == [1, 0, 0, 0, 0, 1, 0]
    assert not when["how_many_number"].any()
    many = features_of(view, postings, "How many miles?")
    assert many["how_many_number"].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert not many["when_time"].any()
    assert many["length"] == pytest.approx(np.log1p(view.slots.length) - 3)
    long, _ = talk(length=[1, 2, 3, 99, 100, 101, 100_000])
    assert features_of(long, postings, "How many?")["length"][3:] == pytest.approx(np.log1p([99, 100, 100, 100]) - 3)


def test_priors():
    count = len(TALK)
    view, postings = talk(
        importance=np.linspace(0, 1, count, dtype=np.float32),
        created=np.full(count, NOW - 60 * DAY),
        occurred=np.array([NOW - 30 * DAY, np.nan, NOW, NOW + DAY, np.nan, np.nan, np.nan]),
        reads=np.array([0, 1, 9, 0, 0, 0, 0]),
        superseded=np.array([True] + [False] * (count - 1)),
    )
    found = features_of(view, postings, "What happened yesterday?")
    assert found["importance"] == pytest.approx(np.linspace(-0.5, 0.5, count))
    assert found["recency"] == pytest.approx([0.5, 0.25, 1, 1, 0.25, 0.25, 0.25])
    assert found["usage"] == pytest.approx(np.log1p([0, 1, 9, 0, 0, 0, 0]))
    assert found["superseded"].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert found["date"][2] > 0.7 > 0.01 > found["date"][0]
    assert not features_of(view, postings, "What happened?")["date"].any()


def test_where_the_order_of_writing_means_nothing_neighbours_say_nothing():
    view, postings = talk()
    coherent = features_of(view, postings, "Who signed the lease?")
    incoherent = features_of(Incoherent(view.slots), postings, "Who signed the lease?")
    assert not any(incoherent[name].any() for name in LOCATION)
    assert all((incoherent[name] == coherent[name]).all() for name in FEATURES if name not in LOCATION)
    assert any(coherent[name].any() for name in LOCATION)


def test_evidence_about_some_candidates_is_the_same_rows():
    view, postings = talk()
    request = ask("Who signed the lease?")
    look = examine(view, postings, request)
    some = np.array([1, 5])
    allowed = np.zeros(len(TALK), dtype=bool)
    allowed[some] = True
    few = examine(view, postings, ask("Who signed the lease?", allowed=allowed))
    assert few.candidates.tolist() == [1, 5]
    own = [i for i, name in enumerate(FEATURES) if not name.startswith("window_")]
    assert few.features[:, own] == pytest.approx(look.features[some][:, own], abs=1e-5)


def test_a_memory_that_holds_the_name_asked_for_is_told_from_one_that_says_as_much_of_another():
    view, postings = world(["Elena Brandt lives in Rome", "Elena Novak lives in Rome", "It rained in Rome"])
    found = features_of(view, postings, "Where does Elena Novak live?")
    assert found["names"].tolist() == [0, 1, 0]
    assert found["names_cosine"].tolist() == [0, found["cosine_z"][1], 0]
    silent = features_of(view, postings, "Where does Elena Novak live?", by_words=False)
    assert not silent["names"].any()


@given(st.integers(1, 12), st.integers(0, 10_000), st.text(alphabet="ab c?7茶", max_size=12))
def test_evidence_is_finite_whatever_is_asked_of_whatever_is_stored(count, seed, text):
    rng = np.random.default_rng(seed)
    texts = [["a", "b", "茶", "@asks", "@by=a"][: rng.integers(0, 6)] for _ in range(count)]
    slots = matrix_of(
        count,
        keys=(rng.normal(size=(count, 48)) * rng.choice([0, 1])).astype(np.float32),
        session=rng.integers(-1, 3, size=count),
        length=rng.integers(0, 3, size=count) * 100_000,
        cjk=rng.random(count) < 0.5,
        occurred=rng.choice([np.nan, 0.0, NOW, 4e9], size=count),
        reads=rng.integers(0, 2**40, size=count),
    )
    look = examine(CentredMatrix(slots), postings_of(slots, texts), ask(text))
    assert look.features.shape == (count, len(FEATURES))
    assert np.isfinite(look.features).all()


def test_no_candidates_no_rows():
    view, postings = talk()
    request = ask("lease", allowed=np.zeros(len(TALK), dtype=bool))
    assert examine(view, postings, request).features.shape == (0, len(FEATURES))


def test_z_scores_do_not_blow_up_a_handful_of_equal_values():
    assert standard(np.full(5, 0.3), 0.05) == pytest.approx(np.zeros(5), abs=1e-5)
    assert standard(np.array([1.0, 3.0]), 1.0) == pytest.approx([-0.5, 0.5])


def test_what_a_question_is_about_is_gathered_beside_what_answers_it():
    view, postings = talk()
    rng = np.random.default_rng(0)
    turned = Coherent(view.slots, query_adapter=rng.normal(size=(2, view.slots.keys.shape[1], 2)).astype(np.float32))
    text = "Who signed the lease?"
    plain, found = features_of(view, postings, text), features_of(turned, postings, text)
    for about, cosine in (
        ("about", "cosine_z"),
        ("window_about", "window_cosine"),
        ("session_about", "session_cosine"),
        ("session_best_about", "session_best_cosine"),
        *((f"about{offset:+d}", f"cosine{offset:+d}") for offset in NEAR),
    ):
        assert plain[about] == pytest.approx(plain[cosine])
        assert found[about] == pytest.approx(plain[cosine])
        assert found[cosine] != pytest.approx(plain[cosine], abs=0.01)
