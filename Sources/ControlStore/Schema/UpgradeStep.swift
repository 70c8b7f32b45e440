/// One numbered step of the control schema; once landed it never changes, a correction is a further step.
struct UpgradeStep: Sendable {
    /// Position in the sequence, from 1 without gaps.
    var number: Int
    /// What the step brings, kept in `godwit.schema_version`.
    var title: String
    /// SQL script, run as a whole inside the upgrade's transaction.
    var sql: String
}
