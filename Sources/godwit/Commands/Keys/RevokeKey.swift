import ArgumentParser
import ControlStore

struct RevokeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Lock the holder of a key out for good.",
        discussion: """
            A coordinator that is up drops its messages, ends its sessions, gives its shards to others and refuses its next \
            handshake, all within five seconds. The key does not come back; the name may get another. What the worker \
            knows of the databases stays valid: change its role's password there as well.

            EXAMPLES
              godwit keys revoke rack-1

            EXIT STATUS
               0 revoked
              64 no key is authorised as NAME
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(help: ArgumentHelp("As it was authorised.", valueName: "name"))
    var name: String

    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "keys")
            try await store.revoke(self.name)
            StandardOutput.write("\(self.name) is revoked\n")
        }
    }
}
