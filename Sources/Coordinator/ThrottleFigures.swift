package import Scheduling

/// How a run is throttled, as its metrics keep it.
package struct ThrottleFigures: Codable, Sendable, Equatable {
    package var limits: ThrottleLimits
    package var standing: Standing
    /// What slows or stops it.
    package var reason: String?

    init(_ limits: ThrottleLimits, _ standing: Throttle.Standing) {
        self.limits = limits
        switch standing {
        case .open: self.standing = .open
        case .slowed(let reason):
            self.standing = .slowed
            self.reason = reason
        case .closed(let reason):
            self.standing = .closed
            self.reason = reason
        }
    }
}

extension ThrottleFigures {
    package enum Standing: String, Codable, Sendable {
        /// As fast as the rates allow.
        case open
        /// More slowly, because of a signal.
        case slowed
        /// Nothing is read.
        case closed
    }
}
