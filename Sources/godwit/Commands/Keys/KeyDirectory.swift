import ArgumentParser
import Foundation
import Messaging

/// Where key files are when nobody says otherwise.
enum KeyDirectory {
    ///
    /// `HOME` before the user's entry in the system, as the shell's `~` reads it.
    static var standard: String {
        let home = ProcessInfo.processInfo.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? NSHomeDirectory()) + "/.godwit/keys"
    }

    /// A worker's keys from the files it was told of, nil where there are none.
    static func workerKeyFiles(key: String?, coordinatorKey: String?) throws -> (own: String, coordinator: String)? {
        let environment = ProcessInfo.processInfo.environment
        let own = key ?? environment["GODWIT_KEY_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let coordinator = coordinatorKey ?? environment["GODWIT_COORDINATOR_KEY_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        switch (own, coordinator) {
        case (nil, nil):
            return nil
        case (let own?, let coordinator?):
            return (own, coordinator)
        case (nil, _?):
            throw CommandFailure(.usage, "the coordinator's key is given, but no own one: add --key or GODWIT_KEY_FILE")
        case (_?, nil):
            throw CommandFailure(
                .usage,
                "the worker's key is given, but not the coordinator's: add --coordinator-key or GODWIT_COORDINATOR_KEY_FILE"
            )
        }
    }
}

/// Refuses what no key can be called.
func validateKeyName(_ name: String) throws {
    guard KeyFile.isName(name) else {
        throw ValidationError("a key's name has at most 63 letters, digits, _, - and ., and begins with a letter")
    }
    guard name != KeyFile.coordinatorName else {
        throw ValidationError("'\(name)' is the coordinator's own; its key is not on the allow-list")
    }
}
