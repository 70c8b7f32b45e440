import ArgumentParser
import ControlStore
import Messaging

struct AuthorizeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorize",
        abstract: "Let the holder of a key take part, from the next second on.",
        discussion: """
            The allow-list is in the target's control schema (table godwit.keys). Where there is none yet it is made, and \
            belongs to the role of GODWIT_TARGET: let that be the coordinator's. Afterwards a member of godwit_operator \
            will do.

            EXAMPLES
              godwit keys authorize rack-1 rack-1.pub

            EXIT STATUS
              0 authorised, or was already · 1 the name has another key, or the key was revoked · 64 no such file or key
              69 the target can't be reached · 77 others can write the file, or the role may not authorise
            """
    )

    @Argument(help: ArgumentHelp("What its workers are called: NAME or NAME-something.", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("The public key, or better the file NAME.pub that has it.", valueName: "key|file"))
    var key: String

    @OptionGroup var databases: DatabaseOptions

    func validate() throws {
        try validateKeyName(self.name)
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let key = try self.publicKey()
            let store = ControlStore(parameters: try self.databases.target(), applicationName: "godwit keys")
            let owner = try await store.installIfMissing()
            try await store.authorise(self.name, publicKey: key.text)
            if let owner {
                StandardOutput.write(
                    "made the control schema: it is \(owner)'s, so coordinators have to use that role\n"
                )
            }
            StandardOutput.write("\(self.name) is authorised\n")
        }
    }

    private func publicKey() throws -> CurveKey {
        let file = try KeyFile.readPublic(keyOrFile: self.key)
        guard file.name != KeyFile.coordinatorName else {
            throw CommandFailure(
                .usage,
                "\(self.key) is the coordinator's key, which workers have to know, not the reverse"
            )
        }
        return file.key
    }
}
