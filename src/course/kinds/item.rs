//! A question as other systems know it: what GIFT, Moodle XML and QTI have in common. Its texts are CommonMark.

/// A question without its text, which is the same for every kind.
pub struct Item {
    /// What follows the question's text: the unit of a number, numbered lines of code.
    pub suffix: String,
    pub form: ItemForm,
}

/// How it is answered.
pub enum ItemForm {
    /// One option is right, or several are.
    Choice {
        options: Vec<ItemOption>,
        /// The options name something that is numbered, and stay in their order.
        in_order: bool,
    },
    Number {
        right: f64,
        /// How far off an answer is still right.
        tolerance: f64,
        /// Answers that show a misconception, each with what is said to it.
        wrong: Vec<(f64, Option<String>)>,
        /// What is said to any other wrong answer.
        otherwise: Option<String>,
    },
    Pairs {
        pairs: Vec<(String, String)>,
        /// Right sides that belong to nothing.
        others: Vec<String>,
    },
}

pub struct ItemOption {
    pub text: String,
    pub right: bool,
    pub feedback: Option<String>,
}

impl Item {
    pub(super) fn of(form: ItemForm) -> Item {
        Item {
            suffix: String::new(),
            form,
        }
    }
}
