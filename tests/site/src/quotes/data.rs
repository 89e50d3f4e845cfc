//! The words of the quotes site: eight authors who died over a hundred years ago, and thirty
//! sentences of theirs in the language they wrote them in. No markup; `quotes.rs` makes pages of
//! it.

/// A person with a page of their own.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) name: &'static str,
    /// The name in the path of the page.
    pub(super) slug: &'static str,
    pub(super) born: &'static str,
    pub(super) place: &'static str,
    pub(super) description: &'static str,
}

/// A sentence, who said it, and what it is about.
#[derive(Debug)]
pub(super) struct Quote {
    pub(super) author: &'static Author,
    pub(super) text: &'static str,
    pub(super) tags: &'static [&'static str],
}

pub(super) static AUTHORS: [&Author; 8] =
    [&AUSTEN, &BRONTE, &DOUGLASS, &FRANKLIN, &JOHNSON, &SHAKESPEARE, &THOREAU, &WILDE];

static AUSTEN: Author = Author {
    name: "Jane Austen",
    slug: "Jane-Austen",
    born: "December 16, 1775",
    place: "Steventon, Hampshire, England",
    description: "English novelist who published anonymously, as \"a Lady\", and looked at love & money together.",
};

static BRONTE: Author = Author {
    name: "Charlotte Brontë",
    slug: "Charlotte-Bronte",
    born: "April 21, 1816",
    place: "Thornton, Yorkshire, England",
    description: "English novelist, the eldest of three writing sisters, who first printed their poems under men's names.",
};

static DOUGLASS: Author = Author {
    name: "Frederick Douglass",
    slug: "Frederick-Douglass",
    born: "February 1818",
    place: "Talbot County, Maryland, United States",
    description: "American orator and writer who escaped from slavery and spent his life speaking against it.",
};

static FRANKLIN: Author = Author {
    name: "Benjamin Franklin",
    slug: "Benjamin-Franklin",
    born: "January 17, 1706",
    place: "Boston, Massachusetts, United States",
    description: "American printer, inventor and diplomat, whose almanac sold proverbs along with the weather.",
};

static JOHNSON: Author = Author {
    name: "Samuel Johnson",
    slug: "Samuel-Johnson",
    born: "September 18, 1709",
    place: "Lichfield, Staffordshire, England",
    description: "English critic who wrote a dictionary nearly alone and defined its author as a harmless drudge.",
};

static SHAKESPEARE: Author = Author {
    name: "William Shakespeare",
    slug: "William-Shakespeare",
    born: "April 1564",
    place: "Stratford-upon-Avon, Warwickshire, England",
    description: "English playwright, actor and shareholder of a theatre, of whom more words than facts are left.",
};

static THOREAU: Author = Author {
    name: "Henry David Thoreau",
    slug: "Henry-David-Thoreau",
    born: "July 12, 1817",
    place: "Concord, Massachusetts, United States",
    description: "American essayist who built a hut by a pond, stayed two years, and wrote down what it cost.",
};

static WILDE: Author = Author {
    name: "Oscar Wilde",
    slug: "Oscar-Wilde",
    born: "October 16, 1854",
    place: "Dublin, Ireland",
    description: "Irish playwright and wit, who was celebrated and imprisoned within the same few months.",
};

/// The quotes in the order of the pages, six to a page.
pub(super) static QUOTES: [Quote; 30] = [
    quote(
        &AUSTEN,
        "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.",
        &["marriage", "irony"],
    ),
    quote(&SHAKESPEARE, "Brevity is the soul of wit.", &["wit"]),
    quote(&THOREAU, "The mass of men lead lives of quiet desperation.", &["life"]),
    quote(&FRANKLIN, "Well done is better than well said.", &["work"]),
    quote(&WILDE, "I can resist everything except temptation.", &["wit", "temptation"]),
    quote(&DOUGLASS, "If there is no struggle there is no progress.", &["freedom", "progress"]),
    quote(&BRONTE, "Conventionality is not morality.", &["morality"]),
    quote(
        &JOHNSON,
        "When a man is tired of London, he is tired of life; for there is in London all that life can afford.",
        &["life", "london"],
    ),
    quote(
        &SHAKESPEARE,
        "There is nothing either good or bad, but thinking makes it so.",
        &["thought", "morality"],
    ),
    quote(
        &AUSTEN,
        "I declare after all there is no enjoyment like reading!",
        &["reading", "irony"],
    ),
    quote(&FRANKLIN, "Three may keep a secret, if two of them are dead.", &["secrets", "wit"]),
    quote(
        &WILDE,
        "We are all in the gutter, but some of us are looking at the stars.",
        &["hope", "life"],
    ),
    quote(
        &JOHNSON,
        "Integrity without knowledge is weak and useless, and knowledge without integrity is dangerous and dreadful.",
        &["knowledge", "morality"],
    ),
    quote(
        &DOUGLASS,
        "Power concedes nothing without a demand. It never did and it never will.",
        &["freedom", "power"],
    ),
    quote(&BRONTE, "I would always rather be happy than dignified.", &["happiness"]),
    quote(&THOREAU, "Our life is frittered away by detail.", &["life", "simplicity"]),
    quote(&SHAKESPEARE, "The course of true love never did run smooth.", &["love"]),
    quote(&AUSTEN, "There is no charm equal to tenderness of heart.", &["love", "kindness"]),
    quote(&FRANKLIN, "Fish & visitors stink after three days.", &["wit", "guests"]),
    quote(&WILDE, "The truth is rarely pure and never simple.", &["truth"]),
    quote(
        &BRONTE,
        "I am no bird; and no net ensnares me; I am a free human being with an independent will.",
        &["freedom"],
    ),
    quote(
        &JOHNSON,
        "Marriage has many pains, but celibacy has no pleasures.",
        &["marriage", "wit"],
    ),
    quote(
        &DOUGLASS,
        "I would unite with anybody to do right and with nobody to do wrong.",
        &["morality", "work"],
    ),
    quote(&THOREAU, "Things do not change; we change.", &["change"]),
    quote(
        &SHAKESPEARE,
        "Some are born great, some achieve greatness, and some have greatness thrust upon 'em.",
        &["greatness"],
    ),
    quote(&JOHNSON, "Great works are performed not by strength, but perseverance.", &["work"]),
    quote(
        &BRONTE,
        "Life appears to me too short to be spent in nursing animosity or registering wrongs.",
        &["life", "kindness"],
    ),
    quote(
        &FRANKLIN,
        "He that lieth down with dogs, shall rise up with fleas.",
        &["wit", "company"],
    ),
    quote(&AUSTEN, "Know your own happiness.", &["happiness"]),
    quote(
        &WILDE,
        "Experience is the name every one gives to their mistakes.",
        &["experience", "wit"],
    ),
];

const fn quote(
    author: &'static Author,
    text: &'static str,
    tags: &'static [&'static str],
) -> Quote {
    Quote { author, text, tags }
}
