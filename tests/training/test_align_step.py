"""The step of the aligned space: its terms, and what each of them moves."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from skmiaug.losses import cosine_scores, symmetric_info_nce
from skmiaug.training import align_step, alignment_terms
from tests.training._toy_pairs import toy_align_weights, toy_model, toy_pairs


def test_the_loss_is_the_weighted_sum_of_its_terms():
    model, batch = toy_model(), toy_pairs()
    weights = toy_align_weights(classification=2.0, contrastive=0.3, information=0.7)
    terms = alignment_terms(model.network, batch, weights)
    expected = (
        2.0 * terms.class_loss + 0.3 * terms.contrastive_loss - 0.7 * terms.information
    )
    assert terms.loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_terms_are_those_of_the_losses_they_are_named_after():
    model, batch = toy_model(), toy_pairs()
    terms = alignment_terms(model.network, batch, toy_align_weights())
    output = model.network(batch.rows, batch.present)
    errors = [functional.cross_entropy(x, batch.classes) for x in output.class_logits]
    assert terms.class_loss.item() == pytest.approx(sum(errors).item(), rel=1e-6)
    scores = cosine_scores(*output.codes, model.network.log_scale)
    assert terms.contrastive_loss.item() == pytest.approx(
        symmetric_info_nce(scores).item(), rel=1e-6
    )
    shared = functional.cross_entropy(output.shared_logits, batch.classes)
    assert terms.information.item() == pytest.approx(math.log(2) - shared.item(), rel=1e-5)


def test_three_modalities_have_three_pairs():
    widths = (6, 5, 4)
    model, batch = toy_model(widths=widths), toy_pairs(widths=widths)
    terms = alignment_terms(model.network, batch, toy_align_weights())
    codes = model.network.codes(batch.rows)
    pairs = [
        symmetric_info_nce(cosine_scores(codes[i], codes[j], model.network.log_scale))
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert terms.contrastive_loss.item() == pytest.approx(sum(pairs).item(), rel=1e-6)


def test_one_modality_has_none():
    model, batch = toy_model(widths=(6,)), toy_pairs(widths=(6,))
    terms = alignment_terms(model.network, batch, toy_align_weights())
    assert terms.contrastive_loss.item() == 0
    assert torch.isfinite(align_step(model, batch, toy_align_weights())).all()


def test_rows_without_text_count_by_their_audio_alone():
    model, weights = toy_model(), toy_align_weights()
    batch = toy_pairs(n=40, missing=range(20, 40))
    whole = toy_pairs(n=40)
    whole = whole._replace(
        rows=tuple(r[:20] for r in whole.rows),
        present=whole.present[:20],
        classes=whole.classes[:20],
    )
    terms = alignment_terms(model.network, batch, weights)
    of_whole = alignment_terms(model.network, whole, weights)
    assert terms.contrastive_loss.item() == pytest.approx(
        of_whole.contrastive_loss.item(), rel=1e-6
    )
    output = model.network(batch.rows, batch.present)
    audio = functional.cross_entropy(output.class_logits[0], batch.classes)
    text = functional.cross_entropy(output.class_logits[1][:20], batch.classes[:20])
    assert terms.class_loss.item() == pytest.approx((audio + text).item(), rel=1e-6)


def test_a_batch_without_any_text_teaches_the_audio_and_leaves_the_text_alone():
    model = toy_model()
    batch = toy_pairs(n=10, missing=range(10))
    before = model.snapshot()
    losses = align_step(model, batch, replace(toy_align_weights(), information=0.0))
    assert torch.isfinite(losses).all()
    gradients = {n: p.grad for n, p in model.network.named_parameters()}
    assert (gradients["heads.0.linear.weight"] != 0).any()
    text = gradients["heads.1.linear.weight"]
    assert text is None or (text == 0).all()
    after = model.snapshot()
    changed = "network.heads.0.linear.weight"
    assert not torch.equal(before[changed], after[changed])


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({"classification": 0.0, "information": 0.0}, {"heads", "log_scale"}),
        ({"contrastive": 0.0, "information": 0.0}, {"heads", "class_heads"}),
        ({"contrastive": 0.0, "classification": 0.0}, {"heads", "shared_class_head"}),
    ],
    ids=["contrastive", "classification", "information"],
)
def test_a_term_of_weight_zero_moves_nothing(changes, moved):
    model = toy_model()
    align_step(model, toy_pairs(), toy_align_weights(**changes))
    gradients = {
        name.split(".")[0]
        for name, p in model.network.named_parameters()
        if p.grad is not None and (p.grad != 0).any()
    }
    assert gradients == moved


def test_steps_lower_the_loss():
    model, batch, weights = toy_model(), toy_pairs(), toy_align_weights()
    losses = [align_step(model, batch, weights)[0].item() for _ in range(30)]
    assert losses[-1] < losses[0] - 1


@pytest.mark.parametrize("same_class", ["negative", "masked", "positive"])
def test_the_role_of_a_class_reaches_the_loss(same_class):
    model, batch = toy_model(), toy_pairs()
    terms = alignment_terms(model.network, batch, toy_align_weights(same_class=same_class))
    codes = model.network.codes(batch.rows)
    scores = cosine_scores(*codes, model.network.log_scale)
    expected = symmetric_info_nce(scores, batch.classes, same_class=same_class)
    assert terms.contrastive_loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_half_precision_stays_near_and_gives_float32_figures():
    batch = toy_pairs()
    figures = [
        align_step(toy_model(), batch, toy_align_weights(autocast=dtype))
        for dtype in (None, torch.bfloat16)
    ]
    assert figures[1].dtype == torch.float32
    torch.testing.assert_close(*figures, atol=0.1, rtol=0.05)


def test_offsets_and_temperature_do_not_decay():
    groups = toy_model().optimizer.param_groups
    decays = {p.ndim > 1: g["weight_decay"] for g in groups for p in g["params"]}
    assert decays == {True: 0.01, False: 0.0}


@pytest.mark.parametrize("temperature", [0.001, 0.01])
def test_a_temperature_at_its_limit_can_leave_it(temperature):
    """Where the scale of the cosines stops there is no slope, and no way back."""
    model, batch = toy_model(temperature=temperature), toy_pairs()
    assert model.network.log_scale.exp().item() == pytest.approx(100.0, rel=1e-4)
    # Positive pairs that do not match: sure scores cost more than doubtful ones.
    strangers = batch._replace(rows=(batch.rows[0], batch.rows[1].roll(1, dims=0)))
    for _ in range(5):
        align_step(model, strangers, toy_align_weights())
    assert model.network.log_scale.exp().item() < 99.0


def test_the_temperature_does_not_pass_its_limit():
    model, batch = toy_model(temperature=0.0101, rate=1.0), toy_pairs()
    model.network.log_scale.register_hook(lambda slope: -torch.ones_like(slope))
    align_step(model, batch, toy_align_weights())
    assert model.network.log_scale.exp().item() == pytest.approx(100.0, rel=1e-4)
