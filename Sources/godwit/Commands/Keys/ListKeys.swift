import ArgumentParser
import ControlStore
import Foundation

struct ListKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys that are or were authorised, and by whom.",
        discussion: """
            EXAMPLES
              godwit keys list
              godwit keys list --json | jq -r '.[] | select(.revoked_at == null) | .name'

            EXIT STATUS
               0 listed, possibly none
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let keys = try await self.databases.controlStore(for: "keys").keys()
            if self.output.json {
                try JSONOutput.print(keys)
                return
            }
            guard !keys.isEmpty else {
                StandardOutput.write("no key was ever authorised\n")
                return
            }
            var table = TextTable([
                .left("name"), .left("public key"), .left("authorised"), .left("by"), .left("revoked"), .left("by"),
            ])
            for key in keys {
                table.add([
                    key.name, key.publicKey, Self.time(key.authorisedAt), key.authorisedBy,
                    key.revokedAt.map(Self.time) ?? "", key.revokedBy ?? "",
                ])
            }
            StandardOutput.write(table.lines(width: Terminal.output.tableWidth).joined(separator: "\n") + "\n")
        }
    }

    private static func time(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: false))
    }
}
