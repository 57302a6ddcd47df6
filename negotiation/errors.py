"""Every refusal, by name, with a stable code.

A refusal carries facts (`detail`), never a sentence: the French words for each code stand once, in `app/errors.py`.
"""


class Refusal(Exception):
    """The domain says no. `code` is stable and public; `detail` holds facts a reader may see."""

    code = "refused"

    def __init__(self, **detail: object) -> None:
        super().__init__(self.code)
        self.detail = detail


class NotFound(Refusal):
    """It doesn't exist, or it isn't open to this person: the same answer for both."""

    code = "not_found"


class NotAllowed(Refusal):
    """The person sees the thing but has not the right to do this to it."""

    code = "not_allowed"


class SigninRequired(Refusal):
    code = "signin_required"


class SessionEnded(Refusal):
    """The session that opened this page or socket was signed out or expired."""

    code = "session_ended"


class RecentSigninRequired(Refusal):
    """Acceptance, gel and signature ask for a recent re-authentication."""

    code = "recent_signin_required"


class PasswordRequired(Refusal):
    """The account came without a password; the first re-authentication sets one."""

    code = "password_required"


class WrongPassword(Refusal):
    code = "wrong_password"


class WeakPassword(Refusal):
    code = "weak_password"


class SigninLinkDead(Refusal):
    """The link was used, expired or never existed: one answer."""

    code = "signin_link_dead"


class TooManyAttempts(Refusal):
    code = "too_many_attempts"


class IllegalMove(Refusal):
    """The lifecycle has no such move in this state. `reason` is one of `lifecycle.Reason`."""

    code = "illegal_move"


class StaleClause(Refusal):
    """The version or hash on the screen is no longer the current one."""

    code = "stale_clause"


class MissingText(Refusal):
    code = "missing_text"


class MissingMotive(Refusal):
    code = "missing_motive"


class NothingChanged(Refusal):
    """The proposed text and value equal the version they would replace."""

    code = "nothing_changed"


class UnreadableText(Refusal):
    """Control or invisible characters, nesting or size out of bounds."""

    code = "unreadable_text"


class FileRefused(Refusal):
    """A file from Word or LibreOffice isn't read, and nothing of it is kept. `reason`: `docx_package.FileFault`,
    `no_marks`, `foreign_file`, `no_headings` or `too_many_headings`."""

    code = "file_refused"


class WrongValue(Refusal):
    code = "wrong_value"


class InvalidInput(Refusal):
    """A form or socket field is missing or of the wrong kind. `field` names it."""

    code = "invalid_input"


class MessageTooLong(Refusal):
    code = "message_too_long"


class AlreadyAtTheTable(Refusal):
    """The person sits here already, for this party or for another: nobody works for both sides (trust T20)."""

    code = "already_at_the_table"


class LastAdministrator(Refusal):
    """A party keeps somebody who can invite."""

    code = "last_administrator"


class NotShared(Refusal):
    """The part is still one party's inside: it is first put on the table, whole."""

    code = "not_shared"


class PartInUse(Refusal):
    """Others have tabled something in it: it is given up clause by clause, by consent."""

    code = "part_in_use"


class CannotShape(Refusal):
    """The contract doesn't take this shape. `reason`: what stands in the way."""

    code = "cannot_shape"


class OutsideMandate(Refusal):
    """The move goes outside the party's own mandate. Said to its author only; sent again knowingly, it leaves."""

    code = "outside_mandate"


class VisaRequired(Refusal):
    """The party lets this leave with the visa of a `role` only."""

    code = "visa_required"


class VisaPending(Refusal):
    """The party already has a move of this kind waiting for its visa on this clause."""

    code = "visa_pending"


class WiderAudience(Refusal):
    """More people would read this than what the person wrote before: sent again knowingly, it leaves. `reason` says
    who: an audience."""

    code = "wider_audience"


class QuoteNotFound(Refusal):
    """The passage that a comment is on isn't in the text that was on the screen."""

    code = "quote_not_found"


class TooLateToRecall(Refusal):
    code = "too_late_to_recall"


class RemindedToday(Refusal):
    """A visa that waits is called to mind once a day."""

    code = "reminded_today"


class AnsweredAlready(Refusal):
    """A question or an answer that somebody answered is no longer its author's alone to take back."""

    code = "answered_already"


class SeanceInState(Refusal):
    """The séance is planned, open, closed or cancelled (`reason`): this isn't done then."""

    code = "seance_in_state"


class NotChair(Refusal):
    """Whoever chairs the séance does this."""

    code = "not_chair"


class ChairTaken(Refusal):
    """Somebody else chairs already: `chair`, a member's id. Taken over knowingly, by naming him, it goes on."""

    code = "chair_taken"


class AgendaFull(Refusal):
    """`limit` points."""

    code = "agenda_full"


class PointDiscussed(Refusal):
    """What was discussed stays on the agenda of its séance."""

    code = "point_discussed"


class DecisionSettled(Refusal):
    """It bound, was cancelled or could not bind (`reason`: its state): nothing more is done to it."""

    code = "decision_settled"


class TooManyDecisions(Refusal):
    """One person noted `limit` decisions of a séance within a minute."""

    code = "too_many_decisions"


class DecisionsWaiting(Refusal):
    """Decisions of the séance may still be cancelled: `count` of them, for `seconds` at most."""

    code = "decisions_waiting"


class Frozen(Refusal):
    """The negotiation was frozen: nothing changes except by an avenant."""

    code = "frozen"


class NotSigned(Refusal):
    """Only what every party has signed is followed and evaluated."""

    code = "not_signed"


class AmendmentPending(Refusal):
    """An avenant to this contract is still negotiated: one at a time."""

    code = "amendment_pending"


class NotReadyToFreeze(Refusal):
    """Something is still open. `open` lists (clause id, reason)."""

    code = "not_ready_to_freeze"


class Unprintable(Refusal):
    """A character that the fonts of the contract don't have. `character`, and `where`: the words around it."""

    code = "unprintable"


class PrintFailed(Refusal):
    """The PDF could not be made; nothing was frozen."""

    code = "print_failed"


class WordFailed(Refusal):
    """The file for Word or LibreOffice could not be made. `reason`: as `documents.pandoc` says it."""

    code = "word_failed"


class FrozenBytesChanged(Refusal):
    """The stored text or PDF no longer has the fingerprint that was frozen: nobody signs that (trust T11)."""

    code = "frozen_bytes_changed"


class SealFailed(Refusal):
    """The seal or a signature couldn't be put on the file; nothing was kept. `reason`: a French sentence."""

    code = "seal_failed"


class SignatoriesChanged(Refusal):
    """Somebody became a signatory, or is no more one, while the contract was being sealed."""

    code = "signatories_changed"


class SignedMeanwhile(Refusal):
    """Somebody else signed since this file was taken: it lacks that signature (trust T11)."""

    code = "signed_meanwhile"


class VersionVoided(Refusal):
    """This frozen version was voided before anybody signed it: nothing is signed on it any more."""

    code = "version_voided"


class SignedAlready(Refusal):
    """Somebody has signed, or a file declares it: the version isn't reopened any more."""

    code = "signed_already"


class NotYourTurn(Refusal):
    """The order of signature is fixed, and somebody before has not signed."""

    code = "not_your_turn"


class NotTheSealedFile(Refusal):
    """A file brought back signed isn't the sealed one with one sound signature more. `reason`: a French sentence."""

    code = "not_the_sealed_file"


class PaperSuperseded(Refusal):
    """Whoever should have signed by hand declined, or left the place to somebody else, after the scan came."""

    code = "paper_superseded"


class ScanRefused(Refusal):
    """A scan doesn't open, or would act on who opens it. `reason`: the end of a French sentence."""

    code = "scan_refused"


class AlreadyDone(Refusal):
    """A repeated request whose effect stands already."""

    code = "already_done"


class UpdateRefused(Refusal):
    """The guard or the vet said no to a live-draft update."""

    code = "update_refused"


class ResyncNeeded(Refusal):
    code = "resync_needed"


class EpochChanged(Refusal):
    code = "epoch_changed"


class InvalidFile(Refusal):
    """An imported file is wrong. `path` is the JSON path of the fault, `problem` a French clause naming it."""

    code = "invalid_file"


class CopyRefused(Refusal):
    """No backup was made, or none restored. `problem` is a French clause."""

    code = "copy_refused"


class InvalidArchive(Refusal):
    """An archive can't be brought in. `problem` is a French clause."""

    code = "invalid_archive"


class AlreadyImported(Refusal):
    code = "already_imported"


class StoreUnsafe(Refusal):
    """The database isn't set up so that an acknowledged write survives a power cut."""

    code = "store_unsafe"
