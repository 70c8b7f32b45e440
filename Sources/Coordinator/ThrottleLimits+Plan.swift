import Catalog
package import MigrationPlan
package import Scheduling

extension ThrottleLimits {
    /// As the plan has them.
    package init(_ throttle: RunSettings.Throttle?) {
        self.init(
            rowsPerSecond: throttle?.rowsPerSecond,
            bytesPerSecond: throttle?.bytesPerSecond,
            sourceSessions: throttle?.sourceSessions,
            targetSessions: throttle?.targetSessions,
            replicationLag: throttle?.replicationLag
                .map { lag in
                    switch lag {
                    case .bytes(let bytes): .bytes(bytes)
                    case .seconds(let seconds): .seconds(seconds)
                    }
                },
            walBytesPerSecond: throttle?.walBytesPerSecond
        )
    }
}
