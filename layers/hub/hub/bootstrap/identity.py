"""The use cases of identity, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.notifications import Letters

if TYPE_CHECKING:
    from hub.application.identity.attempts import PasswordProof
    from hub.application.identity.authorize import Authorize
    from hub.application.identity.begin_totp import BeginTotp
    from hub.application.identity.change_password import ChangePassword
    from hub.application.identity.confirm_totp import ConfirmTotp
    from hub.application.identity.create_api_key import CreateApiKey
    from hub.application.identity.end_session import EndSession
    from hub.application.identity.erase_me import EraseMe
    from hub.application.identity.export_me import ExportMe
    from hub.application.identity.find_live_keys import FindLiveKeys
    from hub.application.identity.get_me import GetMe
    from hub.application.identity.list_api_keys import ListApiKeys
    from hub.application.identity.list_sessions import ListSessions
    from hub.application.identity.login import Login
    from hub.application.identity.logout import Logout
    from hub.application.identity.logout_all import LogoutAll
    from hub.application.identity.prune_identity import PruneIdentity
    from hub.application.identity.refresh_token import RefreshToken
    from hub.application.identity.register import Register
    from hub.application.identity.remove_totp import RemoveTotp
    from hub.application.identity.request_email_verification import RequestEmailVerification
    from hub.application.identity.request_password_reset import RequestPasswordReset
    from hub.application.identity.reset_password import ResetPassword
    from hub.application.identity.revoke_api_key import RevokeApiKey
    from hub.application.identity.second_factor import SecondFactorProof
    from hub.application.identity.send_notice import SendNotice
    from hub.application.identity.tend_keys import TendKeys
    from hub.application.identity.verify_email import VerifyEmail
    from hub.application.ports.identity import (
        Devices,
        OneTimeTokens,
        People,
        Remains,
        SecondFactors,
    )
    from hub.application.ports.vault import (
        BlindIndex,
        KeyDuties,
        NewKeys,
        Rewrapping,
        Shredding,
    )
    from hub.domain.identity.credentials import Estimate


class IdentityUseCases(Letters):
    """See the use cases of the same names."""

    # The ring of keys has a name for each thing that may be done with it: each is allowed to
    # functions by itself.

    @property
    def new_keys(self) -> "NewKeys":
        return self._key_ring

    @property
    def shredding(self) -> "Shredding":
        return self._key_ring

    @property
    def rewrapping(self) -> "Rewrapping":
        return self._key_ring

    @cached_property
    def blind_index(self) -> "BlindIndex":
        from hub.adapters.aws.kms import KmsBlindIndex

        return KmsBlindIndex(self.kms, self.settings.index_key)

    @cached_property
    def key_duties(self) -> "KeyDuties":
        from hub.adapters.postgres.key_duties import PostgresKeyDuties

        return PostgresKeyDuties(self.database)

    @cached_property
    def devices(self) -> "Devices":
        from hub.adapters.postgres.sessions import PostgresDevices

        return PostgresDevices(self.database, self.vault)

    @cached_property
    def one_time_tokens(self) -> "OneTimeTokens":
        from hub.adapters.postgres.one_time_tokens import PostgresOneTimeTokens

        return PostgresOneTimeTokens(self.database, self.vault)

    @cached_property
    def remains(self) -> "Remains":
        from hub.adapters.postgres.remains import PostgresRemains

        return PostgresRemains(self.database)

    @cached_property
    def proof(self) -> "PasswordProof":
        from hub.application.identity.attempts import PasswordProof

        return PasswordProof(self.passwords, self.attempts, self.clock)

    @cached_property
    def people(self) -> "People":
        from hub.adapters.postgres.people import PostgresPeople

        return PostgresPeople(self.database, self.vault)

    @cached_property
    def second_factors(self) -> "SecondFactors":
        from hub.adapters.postgres.second_factors import PostgresSecondFactors

        return PostgresSecondFactors(self.database, self.vault)

    @cached_property
    def second_proof(self) -> "SecondFactorProof":
        from hub.application.identity.second_factor import SecondFactorProof

        return SecondFactorProof(self.second_factors, self.attempts, self.clock)

    @cached_property
    def estimate(self) -> "Estimate":
        from hub.adapters.strength import ZxcvbnStrength
        from hub.domain.identity.credentials import Estimate

        strength = ZxcvbnStrength()
        return Estimate(strength.is_common, strength.score)

    @cached_property
    def register(self) -> "Register":
        from hub.application.identity.register import Register

        return Register(
            self.customers,
            self.passwords,
            self.estimate,
            self.clock,
            self.ids,
            self.blind_index,
            self.new_keys,
            self.notice_requests,
        )

    @cached_property
    def login(self) -> "Login":
        from hub.application.identity.login import Login

        return Login(
            self.customers,
            self.devices,
            self.blind_index,
            self.passwords,
            self.proof,
            self.second_proof,
            self.tokens,
            self.clock,
            self.ids,
            self.secrets,
        )

    @cached_property
    def refresh_token(self) -> "RefreshToken":
        from hub.application.identity.refresh_token import RefreshToken

        return RefreshToken(self.sessions, self.tokens, self.clock, self.secrets)

    @cached_property
    def logout(self) -> "Logout":
        from hub.application.identity.logout import Logout

        return Logout(self.sessions, self.clock)

    @cached_property
    def logout_all(self) -> "LogoutAll":
        from hub.application.identity.logout_all import LogoutAll

        return LogoutAll(self.sessions, self.clock)

    @cached_property
    def list_sessions(self) -> "ListSessions":
        from hub.application.identity.list_sessions import ListSessions

        return ListSessions(self.devices, self.clock)

    @cached_property
    def end_session(self) -> "EndSession":
        from hub.application.identity.end_session import EndSession

        return EndSession(self.sessions, self.clock)

    @cached_property
    def change_password(self) -> "ChangePassword":
        from hub.application.identity.change_password import ChangePassword

        return ChangePassword(self.customers, self.passwords, self.proof, self.estimate, self.clock)

    @cached_property
    def authorize(self) -> "Authorize":
        from hub.application.identity.authorize import Authorize

        return Authorize(self.tokens, self.api_keys, self.clock)

    @cached_property
    def create_api_key(self) -> "CreateApiKey":
        from hub.application.identity.create_api_key import CreateApiKey

        return CreateApiKey(self.api_keys, self.clock, self.ids, self.secrets)

    @cached_property
    def list_api_keys(self) -> "ListApiKeys":
        from hub.application.identity.list_api_keys import ListApiKeys

        return ListApiKeys(self.api_keys, self.clock)

    @cached_property
    def find_live_keys(self) -> "FindLiveKeys":
        from hub.application.identity.find_live_keys import FindLiveKeys

        return FindLiveKeys(self.api_keys, self.clock)

    @cached_property
    def revoke_api_key(self) -> "RevokeApiKey":
        from hub.application.identity.revoke_api_key import RevokeApiKey

        return RevokeApiKey(self.api_keys, self.clock)

    @cached_property
    def begin_totp(self) -> "BeginTotp":
        from hub.application.identity.begin_totp import BeginTotp

        return BeginTotp(self.customers, self.second_factors, self.clock, self.secrets)

    @cached_property
    def confirm_totp(self) -> "ConfirmTotp":
        from hub.application.identity.confirm_totp import ConfirmTotp

        return ConfirmTotp(self.second_factors, self.attempts, self.clock, self.secrets)

    @cached_property
    def remove_totp(self) -> "RemoveTotp":
        from hub.application.identity.remove_totp import RemoveTotp

        return RemoveTotp(
            self.customers, self.second_factors, self.proof, self.second_proof, self.clock
        )

    @cached_property
    def export_me(self) -> "ExportMe":
        from hub.application.identity.export_me import ExportMe

        return ExportMe(self.people, self.watchlists, self.customers_preferences)

    @cached_property
    def erase_me(self) -> "EraseMe":
        from hub.application.identity.erase_me import EraseMe

        return EraseMe(
            self.customers,
            self.people,
            self.proof,
            self.second_proof,
            self.shredding,
            self.key_duties,
            self.clock,
        )

    @cached_property
    def tend_keys(self) -> "TendKeys":
        from hub.application.identity.tend_keys import TendKeys

        return TendKeys(self.key_duties, self.shredding, self.rewrapping)

    @cached_property
    def prune_identity(self) -> "PruneIdentity":
        from hub.application.identity.prune_identity import PruneIdentity

        return PruneIdentity(self.remains, self.clock)

    @cached_property
    def request_password_reset(self) -> "RequestPasswordReset":
        from hub.application.identity.request_password_reset import RequestPasswordReset

        return RequestPasswordReset(
            self.blind_index, self.notice_requests, self.attempts, self.clock
        )

    @cached_property
    def request_email_verification(self) -> "RequestEmailVerification":
        from hub.application.identity.request_email_verification import RequestEmailVerification

        return RequestEmailVerification(
            self.customers, self.notice_requests, self.attempts, self.clock
        )

    @cached_property
    def send_notice(self) -> "SendNotice":
        from hub.application.identity.send_notice import SendNotice

        return SendNotice(
            self.customers,
            self.one_time_tokens,
            self.notices,
            self.attempts,
            self.clock,
            self.secrets,
        )

    @cached_property
    def reset_password(self) -> "ResetPassword":
        from hub.application.identity.reset_password import ResetPassword

        return ResetPassword(self.one_time_tokens, self.passwords, self.estimate, self.clock)

    @cached_property
    def verify_email(self) -> "VerifyEmail":
        from hub.application.identity.verify_email import VerifyEmail

        return VerifyEmail(self.one_time_tokens, self.clock)

    @cached_property
    def get_me(self) -> "GetMe":
        from hub.application.identity.get_me import GetMe

        return GetMe(self.customers)
