//! Budgets: who pays for calls of the provider, and what is left this month.

use crate::{documents::FailureCode, money::Usd, named::named};

named! {
    /// Whose key pays for calls of the provider.
    Payer {
        /// The customer's own.
        Customer = "customer",
        /// The platform's.
        Platform = "platform",
    }
}

/// What remains of a customer's budgets this month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Who pays. `None`: the customer has no key of its own, and the platform's key may not be used before one of its
    /// users has verified an email address.
    pub payer: Option<Payer>,
    /// What is left of the customer's own budget; `None` without one.
    pub budget_left: Option<Usd>,
    /// What is left of the platform's budget for the customer.
    pub platform_left: Usd,
}

impl Allowance {
    /// Subtracts a cost.
    ///
    /// # Errors
    /// The reason why it may not be spent; nothing is subtracted then.
    pub fn take(&mut self, cost: Usd) -> Result<(), FailureCode> {
        let payer = self.payer.ok_or(FailureCode::EmailNotVerified)?;
        if self.budget_left.is_some_and(|left| cost > left) {
            return Err(FailureCode::BudgetExceeded);
        }
        let platform = payer == Payer::Platform;
        if platform && cost > self.platform_left {
            return Err(FailureCode::PlatformBudgetExceeded);
        }
        let less = |left: Usd| Usd::from_nanos(left.nanos().saturating_sub(cost.nanos()));
        self.budget_left = self.budget_left.map(less);
        if platform {
            self.platform_left = less(self.platform_left);
        }
        Ok(())
    }

    /// What remains for calls that a payer pays for; nothing while no address is verified.
    #[must_use]
    pub fn of(mut self, payer: Payer) -> Self {
        self.payer = self.payer.map(|_| payer);
        self
    }

    /// Checks that the customer's own budget has something left, for a call to a service that the customer pays itself.
    ///
    /// # Errors
    /// The reason why nothing may be spent.
    pub fn check_own(self) -> Result<(), FailureCode> {
        self.of(Payer::Customer).check()
    }

    /// Checks that anything is left.
    ///
    /// # Errors
    /// The reason why nothing may be spent.
    pub fn check(mut self) -> Result<(), FailureCode> {
        self.take(Usd::from_nanos(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(payer: Option<Payer>, budget: Option<i64>, platform: i64) -> Allowance {
        Allowance {
            payer,
            budget_left: budget.map(Usd::from_nanos),
            platform_left: Usd::from_nanos(platform),
        }
    }

    #[test]
    fn each_budget_applies_to_its_payer() {
        let (customer, platform) = (Some(Payer::Customer), Some(Payer::Platform));
        for (allowance, cost, expected) in [
            (allowance(platform, None, 10), 10, Ok(())),
            (
                allowance(platform, None, 10),
                11,
                Err(FailureCode::PlatformBudgetExceeded),
            ),
            (
                allowance(platform, Some(5), 10),
                6,
                Err(FailureCode::BudgetExceeded),
            ),
            // The platform's budget does not apply to a customer with its own key.
            (allowance(customer, None, 0), 1_000, Ok(())),
            (
                allowance(customer, Some(5), 0),
                6,
                Err(FailureCode::BudgetExceeded),
            ),
            (
                allowance(None, None, 10),
                0,
                Err(FailureCode::EmailNotVerified),
            ),
            // A model without a price works even when nothing is left.
            (allowance(platform, Some(0), 0), 0, Ok(())),
        ] {
            let mut left = allowance;
            assert_eq!(left.take(Usd::from_nanos(cost)), expected, "{allowance:?}");
        }
        assert!(allowance(platform, None, 1).check().is_ok());
        assert!(allowance(platform, None, 0).check().is_err());
        assert!(allowance(platform, Some(-1), 5).check().is_err());
        // What the customer pays itself does not touch the platform's budget.
        assert!(allowance(platform, None, 0).check_own().is_ok());
        assert!(allowance(platform, Some(0), 5).check_own().is_err());
        assert!(allowance(None, None, 5).check_own().is_err());
    }

    #[test]
    fn a_cost_is_subtracted_from_both_budgets() {
        let mut left = allowance(Some(Payer::Platform), Some(10), 7);
        left.take(Usd::from_nanos(4)).unwrap();
        assert_eq!(left, allowance(Some(Payer::Platform), Some(6), 3));
        assert!(left.take(Usd::from_nanos(4)).is_err());
        assert_eq!(left, allowance(Some(Payer::Platform), Some(6), 3));
    }
}
