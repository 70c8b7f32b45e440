package import Scheduling

/// The `application_name` of a slot's session on the target: how the coordinator finds the backend of a lease.
package enum LeaseApplicationName {
    static let prefix = "gdw:"

    /// 40 bytes; PostgreSQL cuts at 63.
    package static func name(for lease: LeaseID) -> String {
        self.prefix + lease.description
    }

    /// What a slot runs on its session before it opens the shard's transaction.
    package static func statement(for lease: LeaseID) -> String {
        "SET application_name = '\(self.name(for: lease))'"
    }
}
