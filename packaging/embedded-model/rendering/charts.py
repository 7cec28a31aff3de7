"""Charts drawn by matplotlib, in its styles."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from rendering.page import Page, Source, tone

LOOKS = ("default", "ggplot", "bmh", "dark_background", "fivethirtyeight", "grayscale", "seaborn-v0_8", "seaborn-v0_8-whitegrid",
         "Solarize_Light2", "classic", "seaborn-v0_8-ticks", "fast")  # fmt: skip


def plotted(source: Source, width: float, height: float) -> str:
    """Return one matplotlib figure as SVG."""
    rng, words = source.rng, source.latin()
    chance = np.random.default_rng(rng.getrandbits(63))
    look = rng.choice(LOOKS)
    with matplotlib.style.context(look):
        mpl.rcParams.update(
            {"svg.hashsalt": "0", "font.family": "DejaVu Sans", "font.size": rng.choice([8, 10, 12, 14])}
        )
        figure = Figure(figsize=(width, height), layout="constrained")
        across = rng.choice([1, 1, 1, 1, 2])
        for axes in np.atleast_1d(figure.subplots(1, across)):
            kind = rng.choice(
                [
                    "line",
                    "line",
                    "bar",
                    "bar",
                    "barh",
                    "stacked",
                    "scatter",
                    "pie",
                    "hist",
                    "box",
                    "area",
                    "heat",
                    "step",
                    "error",
                    "violin",
                    "contour",
                    "polar",
                ]
            )
            count = rng.randint(3, 12)
            names = [words.word()[:9] for _ in range(count)]
            many = rng.randint(1, 5)
            colours = (
                None if rng.random() < 0.5 else [tone(rng.random(), rng.uniform(0.3, 0.7), 0.7) for _ in range(count)]
            )
            if kind in {"line", "step", "area", "error"}:
                x = np.arange(rng.choice([12, 40, 200]))
                for k in range(many):
                    y = (
                        np.cumsum(chance.normal(0.1, 1, len(x)))
                        if rng.random() < 0.6
                        else np.sin(x / rng.uniform(2, 30) + k)
                    )
                    if kind == "area":
                        axes.fill_between(x, y, alpha=0.5, label=names[k % count])
                    elif kind == "error":
                        axes.errorbar(x[::4], y[::4], chance.random(len(x[::4])), marker="o", label=names[k % count])
                    else:
                        axes.plot(
                            x,
                            y,
                            rng.choice(["-", "--", "-o", ":"]),
                            drawstyle="steps" if kind == "step" else "default",
                            label=names[k % count],
                        )
            elif kind in {"bar", "barh"}:
                (axes.bar if kind == "bar" else axes.barh)(range(count), chance.gamma(2, 10, count), color=colours)
                (axes.set_xticks if kind == "bar" else axes.set_yticks)(
                    range(count), names, rotation=rng.choice([0, 45]) if kind == "bar" else 0
                )
            elif kind == "stacked":
                base = np.zeros(count)
                for k in range(many + 1):
                    values = chance.gamma(2, 10, count)
                    axes.bar(range(count), values, bottom=base, label=names[k % count])
                    base += values
            elif kind == "scatter":
                for k in range(many):
                    axes.scatter(
                        *chance.normal(chance.normal(0, 2, (2, 1)), 1, (2, rng.choice([20, 200]))),
                        s=rng.choice([8, 30]),
                        alpha=0.7,
                        label=names[k % count],
                    )
            elif kind == "pie":
                hole = {"width": rng.uniform(0.3, 0.6)} if rng.random() < 0.4 else None
                axes.pie(
                    chance.gamma(2, 1, min(count, 8)),
                    labels=names[:8],
                    autopct="%.0f%%" if rng.random() < 0.6 else None,
                    wedgeprops=hole,
                )
            elif kind == "hist":
                axes.hist(
                    chance.normal(0, 1, 500) + chance.choice([0, 3], 500),
                    bins=rng.randint(8, 50),
                    color=(colours or [None])[0],
                )
            elif kind in {"box", "violin"}:
                (axes.boxplot if kind == "box" else axes.violinplot)(
                    [chance.normal(k, 2, 40) for k in range(min(count, 7))]
                )
            elif kind == "heat":
                axes.imshow(
                    chance.random((count, count)), cmap=rng.choice(["viridis", "magma", "coolwarm", "Blues", "Greens"])
                )
            elif kind == "contour":
                x, y = np.meshgrid(np.linspace(-3, 3, 40), np.linspace(-3, 3, 40))
                axes.contourf(
                    x,
                    y,
                    np.sin(x * rng.uniform(0.5, 2)) * np.cos(y + rng.random()),
                    cmap=rng.choice(["viridis", "RdBu", "terrain"]),
                )
            else:
                angles = np.linspace(0, 2 * np.pi, 60)
                axes.plot(np.cos(angles) * (1 + np.sin(angles * count)), np.sin(angles) * (1 + np.sin(angles * count)))
            if axes.get_legend_handles_labels()[0] and rng.random() < 0.7:
                axes.legend()
            if rng.random() < 0.7:
                axes.set_title(words.title(1, 6))
            if kind != "pie" and rng.random() < 0.7:
                axes.set_xlabel(words.some(1, 3))
                axes.set_ylabel(words.some(1, 3))
            axes.grid(rng.random() < 0.5 and kind not in {"pie", "heat"})
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def chart(source: Source) -> Page:
    rng = source.rng
    width, height = rng.choice([(6.4, 4.8), (8, 4.5), (5, 5), (9, 4), (5, 6)])
    return Page(
        "chart",
        "a chart",
        plotted(source, width, height),
        round(width * 96),
        round(height * 96),
        "body{margin:0;background:#fff}svg{width:100%;height:100%}",
        0.04,
        0.03,
    )


KINDS = {"chart": (chart, 110)}
