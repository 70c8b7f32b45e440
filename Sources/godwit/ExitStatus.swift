import ArgumentParser

/// The exit statuses scripts depend on.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    /// Finished with failed shards, a mixed snapshot or rejects over the policy.
    case incomplete = 2
    /// Verification found differences.
    case different = 3
    case usage = 64
    case invalidPlan = 65
    /// A database or the coordinator can't be reached.
    case unavailable = 69
    /// A key is not authorised, or its file is open to others.
    case notPermitted = 77
    /// Paused, or told to leave; resume with the same command.
    case paused = 75

    var code: ExitCode { ExitCode(self.rawValue) }

    /// Its section in `docs/runbook.md`.
    var runbookAnchor: String { "exit-status-\(self.rawValue)" }
}
