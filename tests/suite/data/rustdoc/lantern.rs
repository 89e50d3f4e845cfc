//! Lanterns, and what is needed to light them: a crate that was made up to be documented.
#![feature(staged_api)]
#![stable(feature = "lantern", since = "1.0.0")]

/// A lantern that can be lit.
///
/// It burns until it is put out, or its [`Wick`](wick::Wick) is gone.
#[stable(feature = "lantern", since = "1.0.0")]
pub struct Lantern {
    lit: bool,
}

impl Lantern {
    /// Makes a lantern.
    #[stable(feature = "lantern", since = "1.0.0")]
    pub fn new() -> Self {
        Self { lit: false }
    }

    /// Lights it.
    #[stable(feature = "lantern", since = "1.0.0")]
    pub fn light(&mut self) {
        self.lit = true;
    }

    /// Tells whether it is lit.
    #[stable(feature = "lantern_is_lit", since = "1.2.0")]
    pub fn is_lit(&self) -> bool {
        self.lit
    }
}

#[stable(feature = "lantern", since = "1.0.0")]
impl Default for Lantern {
    fn default() -> Self {
        Self::new()
    }
}

/// What gives light.
#[stable(feature = "lantern", since = "1.0.0")]
pub trait Light {
    /// Returns how bright it is, in candela.
    #[stable(feature = "lantern", since = "1.0.0")]
    fn brightness(&self) -> u32;

    /// Tells whether it is too bright to look at.
    #[stable(feature = "lantern", since = "1.0.0")]
    fn blinds(&self) -> bool {
        self.brightness() > 1000
    }
}

/// Lights several lanterns at once.
#[macro_export]
#[stable(feature = "lantern_macro", since = "1.3.0")]
macro_rules! light_all {
    ($($lantern:expr),*) => { $($lantern.light();)* };
}

/// The brightest that a lantern can be, in `candela`.
#[stable(feature = "lantern", since = "1.0.0")]
pub const BRIGHTEST: u32 = 12_000;

/// Puts out a lantern & says so.
#[stable(feature = "lantern", since = "1.0.0")]
pub fn put_out(lantern: &mut Lantern) {
    lantern.lit = false;
}

#[stable(feature = "lantern", since = "1.0.0")]
pub mod wick {
    //! Wicks: what burns.

    /// A wick of some [length](crate::BRIGHTEST).
    #[stable(feature = "wick", since = "1.1.0")]
    pub struct Wick {
        length: u32,
    }

    impl Wick {
        /// Makes a wick of a length in millimetres.
        #[stable(feature = "wick", since = "1.1.0")]
        pub fn of_length(length: u32) -> Self {
            Self { length }
        }

        /// Cuts it.
        #[stable(feature = "wick", since = "1.1.0")]
        pub fn trim(&mut self, by: u32) {
            self.length -= by;
        }
    }

    /// What a wick is made of.
    #[stable(feature = "wick", since = "1.1.0")]
    pub enum Material {
        /// Cotton.
        #[stable(feature = "wick", since = "1.1.0")]
        Cotton,
        /// Hemp.
        #[stable(feature = "wick", since = "1.1.0")]
        Hemp,
    }

    impl Material {
        /// Returns all of them.
        #[stable(feature = "wick", since = "1.1.0")]
        pub fn all() -> [Self; 2] {
            [Self::Cotton, Self::Hemp]
        }
    }

    #[stable(feature = "wick", since = "1.1.0")]
    pub type Millimetres = u32;

    #[stable(feature = "wick", since = "1.1.0")]
    pub mod oil {
        //! Oils that a wick drinks.

        /// An oil.
        #[stable(feature = "oil", since = "1.4.0")]
        pub struct Oil;

        /// Why an oil does not burn.
        #[unstable(feature = "oil_error", issue = "none")]
        pub enum OilError {
            /// It is too cold.
            #[unstable(feature = "oil_error", issue = "none")]
            Cold,
        }

        /// The oil that is there when no other is.
        #[stable(feature = "oil", since = "1.4.0")]
        pub static LAMP_OIL: Oil = Oil;
    }
}
