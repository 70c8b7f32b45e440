@testable import Scheduling

extension Assignment {
    /// The only shard of entity `a`, under a lease.
    init(of lease: LeaseID) {
        self.init(
            lease: lease,
            shard: 1,
            kind: .copy,
            entity: "a",
            range: KeyRange(lower: nil, upper: nil),
            attempt: 1,
            epoch: 1
        )
    }
}
