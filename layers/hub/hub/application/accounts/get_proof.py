"""Show that an account's books hold: the end of its audit chain, its ledger, every invariant."""

from dataclasses import dataclass

from hub.application.accounts.list_accounts import own_accounts
from hub.application.ports.accounts import Accounts
from hub.application.ports.proofs import Proof, Proofs
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class GetProof:
    accounts: Accounts
    proofs: Proofs

    def __call__(self, customer_id: CustomerId, account_id: AccountId) -> Proof:
        """Raises NotFoundError, also for another customer's account."""
        own_accounts(self.accounts, customer_id, account_id)
        return self.proofs.of(account_id)
