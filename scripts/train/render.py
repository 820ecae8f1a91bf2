"""Scenes of moving shapes: draws them at random, renders them with smooth edges and says in words what happens.

A scene is a background, one to three objects and a seed of small variations. Coordinates are fractions of the picture's
width and height (x to the right, y down); time runs from 0 at the first frame to 1 at the last.
"""
import dataclasses
import hashlib
import math
import random

import numpy as np

FRAMES = 25
SIZE = 96

COLOURS = {
    "red": (222, 40, 44), "orange": (246, 140, 28), "yellow": (250, 216, 52), "green": (52, 182, 78),
    "blue": (48, 104, 236), "purple": (146, 62, 200), "pink": (250, 132, 182), "white": (246, 246, 246),
}
BACKGROUNDS = {
    "black": (12, 12, 15), "white": (242, 242, 242), "gray": (122, 122, 126), "dark blue": (18, 28, 84),
    "dark green": (14, 66, 42), "light blue": (150, 206, 242),
}
SHAPES = ("circle", "square", "triangle", "star")
RADIUS = {"small": 0.12, "medium": 0.16, "large": 0.215}
TRAVEL = {"slow": 0.28, "normal": 0.50, "fast": 0.72}
DIRECTIONS = {
    "right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1), "up right": (1, -1), "up left": (-1, -1),
    "down right": (1, 1), "down left": (-1, 1),
}
OTHER_MOTIONS = ("still", "grow", "shrink", "spin")
PLACES = {"centre": (0.5, 0.5), "left": (0.26, 0.5), "right": (0.74, 0.5), "top": (0.5, 0.26), "bottom": (0.5, 0.74)}

_NAMES = {
    "circle": ("circle", "circle", "circle", "ball", "disc"), "square": ("square", "square", "square", "box"),
    "triangle": ("triangle",), "star": ("star",),
}
_PLURALS = {"circle": ("circles", "circles", "balls"), "square": ("squares",), "triangle": ("triangles",), "star": ("stars",)}
_SIZES = {"small": ("small", "small", "little", "tiny"), "medium": ("",), "large": ("large", "large", "big", "huge")}
_GROUNDS = {"gray": ("gray", "grey"), "dark blue": ("dark blue", "dark blue", "navy blue"), "light blue": ("light blue", "sky blue")}
_WHERE = {
    "right": ("right", "to the right", "from left to right"), "left": ("left", "to the left", "from right to left"),
    "up": ("up", "upwards", "from the bottom to the top"), "down": ("down", "downwards", "from the top to the bottom"),
    "up right": ("up and to the right", "diagonally up to the right", "towards the top right"),
    "up left": ("up and to the left", "diagonally up to the left", "towards the top left"),
    "down right": ("down and to the right", "diagonally down to the right", "towards the bottom right"),
    "down left": ("down and to the left", "diagonally down to the left", "towards the bottom left"),
}
_VERBS = ("move", "move", "move", "slide", "glide", "travel", "fly")
_OTHERS = {
    "still": ("stay still", "rest", "stay in place", "remain still"), "grow": ("grow", "get bigger", "expand"),
    "shrink": ("shrink", "get smaller"), "spin": ("spin", "rotate", "turn around"),
}
_SPEEDS = {"slow": ("slowly",), "normal": ("",), "fast": ("quickly", "fast")}
_AT = {
    "left": ("on the left", "on the left side"), "right": ("on the right", "on the right side"),
    "top": ("at the top", "near the top"), "bottom": ("at the bottom", "near the bottom"), "centre": ("",),
}


@dataclasses.dataclass
class Thing:
    """One object: what it is, where it belongs and what it does."""
    shape: str
    colour: str
    size: str = "medium"
    motion: str = "still"
    speed: str = "normal"
    place: str = "centre"


@dataclasses.dataclass
class Scene:
    """A whole clip. `count` > 1 repeats the only object in a row; `variation` seeds the small jitter. With `free` the only
    object starts anywhere, as only a picture can tell."""
    background: str
    things: list
    count: int = 1
    variation: int = 0
    free: bool = False


def contrasts(colour, background):
    """Whether an object of this colour can be seen clearly on this background."""
    a, b = np.array(COLOURS[colour], float), np.array(BACKGROUNDS[background], float)
    return np.abs(a - b).sum() > 130


def held_out(thing, background):
    """One combination in ten is never trained on; the adherence test draws its prompts from these."""
    key = f"{thing.shape}/{thing.colour}/{thing.motion}/{background}"
    return hashlib.sha256(key.encode()).digest()[0] % 10 == 0


def _thing(rng, background, motions, sizes):
    while True:
        t = Thing(rng.choice(SHAPES), rng.choice(list(COLOURS)), rng.choice(sizes), rng.choice(motions))
        if not contrasts(t.colour, background) or (t.shape == "circle" and t.motion == "spin"):
            continue
        if t.motion in DIRECTIONS or t.motion == "spin":
            t.speed = rng.choice(("slow", "normal", "normal", "normal", "fast"))
            if t.size == "large" and t.motion in DIRECTIONS and t.speed == "fast":
                t.speed = "normal"
        if t.motion in ("grow", "shrink"):
            t.size = "medium"
        return t


def _single(rng, background):
    motions = list(DIRECTIONS)[:4] * 3 + list(DIRECTIONS)[4:] + list(OTHER_MOTIONS) * 2
    t = _thing(rng, background, motions, ("small", "medium", "medium", "large"))
    if rng.random() < 0.3:
        if t.motion in ("left", "right"):
            t.place = rng.choice(("top", "bottom"))
        elif t.motion in ("up", "down"):
            t.place = rng.choice(("left", "right"))
        elif t.motion in OTHER_MOTIONS:
            t.place = rng.choice(("left", "right", "top", "bottom"))
    return Scene(background, [t])


def _pair(rng, background):
    across = rng.random() < 0.5
    motions = (["left", "right"] if across else ["up", "down"]) * 3 + list(OTHER_MOTIONS)
    things = [_thing(rng, background, motions, ("small", "medium")) for _ in range(2)]
    places = ["top", "bottom"] if across else ["left", "right"]
    rng.shuffle(places)
    for t, p in zip(things, places):
        t.place = p
    return Scene(background, things)


def _row(rng, background):
    t = _thing(rng, background, ["up", "down", "still", "still", "spin", "grow", "shrink"], ("small",))
    return Scene(background, [t], rng.choice((2, 2, 3)))


def sample_scene(rng, train=True):
    """A random scene; with `train` no held-out combination, without it only held-out ones."""
    while True:
        background = rng.choice(list(BACKGROUNDS))
        kind = rng.random()
        s = _single(rng, background) if kind < 0.6 else _pair(rng, background) if kind < 0.87 else _row(rng, background)
        flags = [held_out(t, background) for t in s.things]
        if (train and not any(flags)) or (not train and all(flags)):
            s.variation = rng.getrandbits(31)
            return s


def free_scene(rng, train=True):
    """A random scene for a video from a picture: one object that starts anywhere."""
    while True:
        s = sample_scene(rng, train)
        if len(s.things) == s.count == 1:
            s.things[0].place, s.free = "centre", True
            return s


def _a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def _conjugate(verb, form):
    head, _, tail = verb.partition(" ")
    if form == "s":
        head += "s"
    elif form == "ing":
        head = {"get": "getting", "spin": "spinning"}.get(head, (head[:-1] if head.endswith("e") else head) + "ing")
    return (head + " " + tail).strip()


def _action(t, form, rng, plain):
    pick = (lambda o: o[0]) if plain else rng.choice
    if t.motion in DIRECTIONS:
        words = f"{_conjugate(pick(_VERBS), form)} {pick(_WHERE[t.motion])}"
    else:
        words = _conjugate(pick(_OTHERS[t.motion]), form)
    speed = pick(_SPEEDS[t.speed])
    if speed and not plain and rng.random() < 0.4:
        return f"{speed} {words}"
    return f"{words} {speed}".strip()


def _phrase(t, count, rng, plain):
    """The object with its action, such as "a small red circle moves right at the top"."""
    pick = (lambda o: o[0]) if plain else rng.choice
    noun = " ".join(filter(None, (pick(_SIZES[t.size]), t.colour, pick((_PLURALS if count > 1 else _NAMES)[t.shape]))))
    if count > 1:
        noun = {2: "two ", 3: "three "}[count] + noun
        if not plain and rng.random() < 0.25:
            noun += " side by side" if count == 2 else " in a row"
    else:
        noun = _a(noun)
    at = pick(_AT[t.place])
    if t.motion == "still" and not plain and rng.random() < 0.4:
        return f"{noun} {at}".strip()
    action = _action(t, "" if count > 1 else "s", rng, plain)
    style = 0 if plain else rng.random()
    if style < 0.45:
        return " ".join(filter(None, (noun, action, at)))
    if style < 0.7:
        return " ".join(filter(None, (noun, at, action)))
    return " ".join(filter(None, (noun, at, _action(t, "ing", rng, plain))))


def described(scene, rng=None, plain=False):
    """One of many wordings of the scene, with `plain` always the simplest one; and where in it each object's phrase is, (start,
    end) in the order of the scene's objects."""
    rng = rng or random.Random(0)
    pick = (lambda o: o[0]) if plain else rng.choice
    ground = pick(_GROUNDS.get(scene.background, (scene.background,)))
    order = list(range(len(scene.things)))
    if len(order) == 2 and not plain and rng.random() < 0.5:
        order.reverse()
    between = pick((" and ", " and ", ", ", " while "))
    phrases = [_phrase(scene.things[i], scene.count, rng, plain) for i in order]
    style = 0 if plain else rng.random()
    if style < 0.6:
        before, after = "", (f" {pick(('over', 'on', 'against', 'in front of'))} {_a(ground)} "
                             f"{pick(('background', 'background', 'backdrop'))}")
    elif style < 0.75:
        before, after = f"on {_a(ground)} background, ", ""
    elif style < 0.85:
        before, after = "", f", {ground} background"
    else:
        before, after = f"{ground} background, ", ""
    text, at = before, {}
    for n, (i, phrase) in enumerate(zip(order, phrases)):
        text += between if n else ""
        at[i] = len(text), len(text) + len(phrase)
        text += phrase
    text += after
    if not plain and rng.random() < 0.4:
        text = text[0].upper() + text[1:]
    if not plain and rng.random() < 0.3:
        text += "."
    return text, [at[i] for i in range(len(order))]


def caption(scene, rng=None, plain=False):
    """The words of `described` alone."""
    return described(scene, rng, plain)[0]


def _path(t, centre, rng, two):
    """[FRAMES, 4]: x, y, radius, angle of one object in each frame."""
    s = np.linspace(0, 1, FRAMES)
    scale = rng.uniform(0.93, 1.07)
    r = RADIUS[t.size] * scale * (0.9 if two else 1)
    x = np.full(FRAMES, centre[0] + rng.uniform(-0.02, 0.02))
    y = np.full(FRAMES, centre[1] + rng.uniform(-0.02, 0.02))
    radius = np.full(FRAMES, r)
    angle = np.full(FRAMES, rng.uniform(-0.08, 0.08))
    if t.motion in DIRECTIONS:
        dx, dy = DIRECTIONS[t.motion]
        d = min(TRAVEL[t.speed] * rng.uniform(0.95, 1.05), 0.97 - 2.2 * r)
        d *= 0.9 if dx and dy else 1
        x, y = x + dx * d * (s - 0.5), y + dy * d * (s - 0.5)
    elif t.motion == "grow" or t.motion == "shrink":
        a, b = (0.065, 0.165) if two else (0.08, 0.235)
        radius = (a + (b - a) * (s if t.motion == "grow" else 1 - s)) * scale
    elif t.motion == "spin":
        angle = angle + {"slow": 0.5, "normal": 1.0, "fast": 1.8}[t.speed] * math.pi * s
    return np.stack([x, y, radius, angle], 1)


def _elsewhere(path, rng):
    """The same motion from anywhere in the picture, shortened where it would leave it but not to nothing."""
    steps, r = path[:, :2] - path[0, :2], 1.1 * path[:, 2].max()
    length = np.abs(steps[-1])
    while True:
        start = np.array([rng.uniform(r, 1 - r) for _ in range(2)])
        room = np.where(steps[-1] > 0, 1 - r - start, start - r)
        share = min([1.0] + [a / b for a, b in zip(room, length) if b > 0])
        if share > 0.3:
            return np.concatenate([start + share * steps, path[:, 2:]], 1)


def layout(scene):
    """Every drawn object of the scene: (shape, colour RGB in 0…255 with jitter, path [FRAMES, 4])."""
    rng = random.Random(scene.variation)
    out = []
    if scene.count > 1:
        t = scene.things[0]
        xs = {2: (0.28, 0.72), 3: (0.19, 0.5, 0.81)}[scene.count]
        colour = _jitter(COLOURS[t.colour], rng)
        state = rng.getstate()
        for x in xs:  # the same variation for all, so that they move alike
            rng.setstate(state)
            path = _path(t, (x, 0.5), rng, True)
            out.append((t.shape, colour, path))
        return out
    for t in scene.things:
        out.append((t.shape, _jitter(COLOURS[t.colour], rng), _path(t, PLACES[t.place], rng, len(scene.things) > 1)))
    if scene.free:
        out = [(shape, colour, _elsewhere(path, rng)) for shape, colour, path in out]
    return out


def _jitter(rgb, rng):
    return tuple(min(255.0, max(0.0, v + rng.uniform(-5, 5))) for v in rgb)


def _distance(shape, x, y, r):
    """Signed distance (about, in the unit of r) from a shape of radius r at the origin, negative inside."""
    if shape == "circle":
        return np.sqrt(x * x + y * y) - r
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - r * 0.86
    if shape == "triangle":
        y = y - r * 0.12
        return np.maximum(np.maximum(0.8660254 * x - 0.5 * y, -0.8660254 * x - 0.5 * y), y) - r * 0.62
    r = r * 1.18  # star: fold the plane into one half point, then the distance from its edge
    a = np.arctan2(x, -y)
    sector = 2 * math.pi / 5
    a = np.abs(np.mod(a + sector / 2, sector) - sector / 2)
    length = np.sqrt(x * x + y * y)
    px, py = length * np.sin(a), length * np.cos(a)
    inner = 0.5
    ix, iy = r * inner * math.sin(sector / 2), r * inner * math.cos(sector / 2)
    ex, ey = ix, iy - r
    norm = np.sqrt(ex * ex + ey * ey)
    return (px * (-ey) + (py - r) * ex) / norm


def _reach(centre, radius, grid, size):
    """The slice of the grid's coordinates that an object with these centres and radii can touch."""
    margin = 1.4 * radius + 2 / size  # a triangle's corners are furthest from its middle
    return slice(*np.searchsorted(grid, ((centre - margin).min(), (centre + margin).max())))


def render(scene, frames=range(FRAMES), window=(0, 0, SIZE, SIZE), size=SIZE, things=None, ground=None):
    """float32 [T, h, w, 3] in 0…1 of the window (x0, y0, w, h in pixels of a size×size picture)."""
    x0, y0, w, h = window
    gx = ((np.arange(w, dtype=np.float32) + x0 + 0.5) / size)[None, None, :]
    gy = ((np.arange(h, dtype=np.float32) + y0 + 0.5) / size)[None, :, None]
    frames = list(frames)
    ground = ground or _jitter(BACKGROUNDS[scene.background], random.Random(scene.variation + 1))
    out = np.empty((len(frames), h, w, 3), np.float32)
    out[:] = np.array(ground, np.float32) / 255
    for shape, colour, path in things or layout(scene):
        p = path[frames].astype(np.float32)
        columns, rows = (_reach(p[:, i], p[:, 2], g.ravel(), size) for i, g in ((0, gx), (1, gy)))
        p = p[:, None, None, :]
        x, y = gx[..., columns] - p[..., 0], gy[:, rows] - p[..., 1]
        c, s = np.cos(p[..., 3]), np.sin(p[..., 3])
        d = _distance(shape, c * x + s * y, c * y - s * x, p[..., 2])
        cover = np.clip(0.5 - d * (size / 1.3), 0, 1)[..., None]
        part = out[:, rows, columns]
        part += cover * (np.array(colour, np.float32) / 255 - part)
    return out
