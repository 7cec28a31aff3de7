"""Score images against labels.

The logits of labels are computed in one place, `LabelScorer.logits`: from the prompts alone (`zero_shot`), then with
what is known besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snapsortd.vision.child.engines.engine import Array, Scores, normalised
from snapsortd.vision.child.engines.kinds import KindPrior, Kinds, kind_prior, softmax

DISAGREEMENT = 2.0
"""Weight of the soft maximum per unit of disagreement of a label's prompts (1 minus the length of their mean), at most
1."""


@dataclass(frozen=True, slots=True)
class LabelScorer:
    """The labels of one set, embedded: `prompts`, each label's normalised vectors (prompts, dim)."""

    prompts: tuple[Array, ...]
    logit_scale: float
    prior: KindPrior | None = None

    def scores(self, images: Array) -> Scores:
        """Return the score of each label for normalised vectors (n, dim): (n, labels), rows sum to 1."""
        return softmax(self.logits(images))

    def scores_by_prompts(self, images: Array) -> Scores:
        """Return the scores without the prior, (n, labels), or (n, 0) if there is none."""
        return np.empty((len(images), 0)) if self.prior is None else softmax(self.zero_shot(images))

    def logits(self, images: Array) -> Scores:
        """Return the logits of the labels, (n, labels): those of the prompts, with the prior applied."""
        logits = self.zero_shot(images)
        return logits if self.prior is None else self.prior.applied(logits, images)

    def zero_shot(self, images: Array) -> Scores:
        """Return the logits of the labels by their prompts alone, (n, labels)."""
        return np.stack([self._of_label(images.astype(np.float64), each) for each in self.prompts], axis=-1)

    def _of_label(self, images: Scores, prompts: Array) -> Scores:
        """Return the logits of one label, (n,).

        They are `logit_scale` times the cosine to the normalised mean of its prompts (ensembling as in Radford et al.
        2021, arXiv:2103.00020, 3.1.4) where these agree. The mean of unlike ones is close to nothing in particular, so
        the more they disagree, the more the soft maximum over them counts.
        """
        mean = prompts.mean(axis=0)
        together: Scores = self.logit_scale * images @ normalised(mean)
        share = min(1.0, DISAGREEMENT * (1 - float(np.linalg.norm(mean))))
        if share <= 0:
            return together
        each = self.logit_scale * images @ prompts.T
        highest = each.max(axis=-1)
        soft = highest + np.log(np.exp(each - highest[:, None]).sum(axis=-1))
        mixed: Scores = (1 - share) * together + share * soft
        return mixed


def label_scorer(prompts: Sequence[Array], logit_scale: float, kinds: Kinds | None) -> LabelScorer:
    """Return the scorer of a label set, with a prior if the kinds say enough about its labels."""
    alone = LabelScorer(tuple(prompts), logit_scale)
    return LabelScorer(alone.prompts, logit_scale, kind_prior(kinds, alone.zero_shot))
