/// Reads the `run:` section.
enum RunReader {
    private static let keys = [
        "shard_rows", "batch_rows", "memory_threshold", "parallelism", "phase_barrier", "error_strategy", "retry",
        "circuit_breaker", "validation", "rejects", "connections", "window", "max_snapshot_age", "change_log", "audit",
        "throttle", "rebuild", "maintenance_work_mem",
    ]
    /// What the server takes.
    ///
    /// https://www.postgresql.org/docs/15/runtime-config-resource.html
    private static let maintenanceWorkMemory = 1 << 20...1 << 40
    private static let shareHint = "as in `5%` or `0.05`"

    /// The section's settings; what it leaves out has the defaults of the plan reference.
    static func settings(_ plan: PlanSection) -> RunSettings {
        var settings = RunSettings.standard
        guard let run = plan.section("run", keys: Self.keys) else { return settings }
        settings.position = plan.position(of: "run")
        settings.shardRows = run.automaticOrInteger("shard_rows")
        settings.batchRows = run.automaticOrInteger("batch_rows")
        let size = run.scalar(
            "memory_threshold",
            expected: "a size",
            hint: "as in `256MiB` or `1GiB`",
            parse: PlanScalar.size
        )
        settings.memoryThreshold = size ?? settings.memoryThreshold
        settings.parallelism = run.integer("parallelism", in: 1...Int.max)
        settings.phaseBarrier = run.bool("phase_barrier", default: false)
        settings.errorStrategy = run.choice("error_strategy", from: [.continue, .pause, .rollback], default: .continue)
        settings.window = run.scalar(
            "window",
            expected: "two different times of day",
            hint: "as in `22:00–05:00`",
            parse: PlanScalar.window
        )
        settings.maximumSnapshotAge = run.duration("max_snapshot_age")
        settings.changeLog = run.choice("change_log", from: [.shards, .rows], default: .shards)
        settings.audit = run.choice("audit", from: [.view, .table], default: .view)
        settings.rebuild = run.choice("rebuild", from: [.auto, .always, .never], default: .auto)
        Self.readRetry(run, into: &settings)
        Self.readLimits(run, into: &settings)
        return settings
    }

    private static func readRetry(_ run: PlanSection, into settings: inout RunSettings) {
        if let retry = run.section("retry", keys: ["attempts", "delay"]) {
            settings.retryAttempts = retry.integer("attempts", in: 1...100) ?? settings.retryAttempts
            settings.retryDelay = retry.duration("delay") ?? settings.retryDelay
        }
        if let breaker = run.section("circuit_breaker", keys: ["error_rate", "min_rows"]) {
            if !breaker.has("error_rate") { breaker.reportMissing("error_rate", hint: Self.shareHint) }
            let rate = breaker.scalar("error_rate", expected: "a share", hint: Self.shareHint, parse: PlanScalar.share)
            let rows = breaker.integer("min_rows", in: 1...Int.max)
            settings.circuitBreaker = RunSettings.CircuitBreaker(errorRate: rate ?? 1, minimumRows: rows ?? 1_000)
        }
        if let validation = run.section("validation", keys: ["pre", "post", "business_rules"]) {
            settings.validation.pre = validation.bool("pre", default: true)
            settings.validation.post = validation.bool("post", default: true)
            settings.validation.businessRules = validation.bool("business_rules", default: true)
        }
    }

    private static func readLimits(_ run: PlanSection, into settings: inout RunSettings) {
        if let rejects = run.section("rejects", keys: ["max", "keep_source_rows"]) {
            settings.keepsRejectedRows = rejects.bool("keep_source_rows", default: true)
            let hint = "as in `2%` or `1000`"
            settings.maximumRejects = rejects.scalar("max", expected: "a number of rows or a share", hint: hint) {
                text in
                if let rows = PlanScalar.integer(text) { return rows >= 0 ? .rows(rows) : nil }
                return PlanScalar.share(text).map { .share($0) }
            }
        }
        let memory = run.scalar(
            "maintenance_work_mem",
            expected: "a size from 1MiB to 1024GiB",
            hint: "as in `256MiB` or `1GiB`; each index that is being built may take so much of the target's memory"
        ) { text in
            PlanScalar.size(text).flatMap { Self.maintenanceWorkMemory.contains($0) ? $0 : nil }
        }
        settings.maintenanceWorkMemory = memory ?? settings.maintenanceWorkMemory
        if let connections = run.section("connections", keys: ["source", "target"]) {
            settings.connections.source = connections.integer("source", in: 1...Int.max)
            settings.connections.target = connections.integer("target", in: 1...Int.max)
        }
        if let throttle = run.section("throttle", keys: ["rows", "bytes", "sessions", "replication_lag", "wal"]) {
            settings.throttle = Self.throttle(throttle)
        }
    }

    private static func throttle(_ section: PlanSection) -> RunSettings.Throttle {
        typealias Throttle = RunSettings.Throttle
        let bytesHint = "as in `10MiB/s`"
        var throttle = Throttle(
            rowsPerSecond: section.scalar(
                "rows",
                expected: "rows per second",
                hint: "as in `20000/s`",
                parse: Throttle.rows
            ),
            bytesPerSecond: section.scalar(
                "bytes",
                expected: "bytes per second",
                hint: bytesHint,
                parse: Throttle.bytes
            ),
            replicationLag: section.scalar(
                "replication_lag",
                expected: "a size or a duration",
                hint: "as in `64MiB` or `10s`"
            ) { Throttle.Lag($0) },
            walBytesPerSecond: section.scalar(
                "wal",
                expected: "bytes per second",
                hint: bytesHint,
                parse: Throttle.bytes
            )
        )
        if let sessions = section.section("sessions", keys: ["source", "target"]) {
            throttle.sourceSessions = sessions.integer("source", in: 0...Int.max)
            throttle.targetSessions = sessions.integer("target", in: 0...Int.max)
        }
        return throttle
    }
}
