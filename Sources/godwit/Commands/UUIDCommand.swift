import ArgumentParser
import Catalog
import MigrationPlan
import RowPipeline

struct UUIDCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uuid",
        abstract: "Translate legacy ids into UUIDs and back, without a database.",
        subcommands: [Encode.self, Decode.self],
        defaultSubcommand: Encode.self
    )

    struct Encode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encode",
            abstract: "Print the UUIDs of legacy ids (the default).",
            discussion: """
                Equal to godwit.uuid(entity, id) in the target.

                EXAMPLES
                  godwit uuid orders 42 43 --plan plan.yaml
                  godwit uuid encode --plan plan.yaml orders -- -1

                EXIT STATUS
                   0 printed
                  64 no such entity, an id out of range, or UUIDs that only the target knows
                  65 the plan is invalid
                """
        )

        @Argument(help: ArgumentHelp("An entity of the plan.", valueName: "entity"))
        var entity: String

        @Argument(help: ArgumentHelp("Legacy ids.", valueName: "id"))
        var ids: [Int64]

        @OptionGroup var plan: PlanOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let plan = try PlanFile.load(self.plan.plan)
                guard let entity = plan.entity(named: self.entity) else {
                    let names = plan.entities.map(\.name).joined(separator: ", ")
                    throw CommandFailure(.usage, "the plan has no entity \(self.entity); it has \(names)")
                }
                let rows = try self.ids.map { id in
                    UUIDRow(uuid: try Self.uuid(of: id, entity, plan).description, entity: self.entity, id: id)
                }
                if self.output.json { return try JSONOutput.print(rows) }
                StandardOutput.write(rows.map { "\($0.uuid)\n" }.joined())
            }
        }

        private static func uuid(of id: Int64, _ entity: EntityPlan, _ plan: Plan) throws -> UUIDValue {
            let identity = IdentityResolver(plan: plan).identity(of: entity)
            switch identity?.strategy {
            case .ordered(let tag, let seed):
                if let uuid = OrderedUUID(tag: tag, seed: seed).uuid(of: id) { return uuid }
                throw CommandFailure(.usage, "\(id) is outside ±2^47, which ordered UUIDs have room for")
            case .v5(let namespace):
                if let namespace = UUIDValue(bytes: namespace) {
                    var named = NamedUUID(namespace: namespace, owner: identity?.owner ?? entity.name)
                    return named.uuid(of: id)
                }
            case .v4, .v7, .stored, nil:
                break
            }
            throw CommandFailure(
                .usage,
                "the UUIDs of \(entity.name) are kept in the target: SELECT godwit.uuid('\(entity.name)', \(id)) there"
            )
        }
    }

    struct Decode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "decode",
            abstract: "Print the entity and the legacy id inside an ordered UUID.",
            discussion: """
                With a plan the tag becomes the entity's name, and a UUID that this plan did not make is refused.

                EXAMPLES
                  godwit uuid decode 80000000-002a-8006-9b8f-2c1d3e4f5a6b
                  godwit uuid decode 80000000-002a-8006-9b8f-2c1d3e4f5a6b --plan plan.yaml --json

                EXIT STATUS
                   0 printed
                  64 no ordered UUID, or none of this plan
                  65 the plan is invalid
                """
        )

        @Argument(help: ArgumentHelp("A UUID.", valueName: "uuid"))
        var uuid: String

        @Option(help: ArgumentHelp("The plan.", valueName: "file"))
        var plan: String?

        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await CommandFailure.reporting {
                guard let uuid = UUIDValue(self.uuid) else {
                    throw CommandFailure(.usage, "\(self.uuid) is no UUID of 36 characters")
                }
                guard let (tag, id) = OrderedUUID.decode(uuid) else {
                    throw CommandFailure(
                        .usage,
                        "\(uuid) is no ordered UUID, so it does not hold its id: SELECT godwit.legacy('ENTITY', '\(uuid)') in the target"
                    )
                }
                let names = try self.entities(of: uuid)
                let row = UUIDRow(uuid: uuid.description, entity: names?.first, entities: names, tag: tag, id: id)
                if self.output.json { return try JSONOutput.print(row) }
                StandardOutput.write("\(names?.joined(separator: ", ") ?? "tag \(tag)") \(id)\n")
            }
        }

        /// The plan's entities that give this UUID; nil without a plan.
        private func entities(of uuid: UUIDValue) throws -> [String]? {
            guard let path = self.plan else { return nil }
            let plan = try PlanFile.load(path)
            let names = plan.entities.filter { entity in
                guard case .ordered(let tag, let seed) = IdentityResolver(plan: plan).identity(of: entity)?.strategy
                else {
                    return false
                }
                return OrderedUUID(tag: tag, seed: seed).key(of: uuid) != nil
            }
            guard !names.isEmpty else {
                throw CommandFailure(
                    .usage,
                    "\(uuid) was made by no entity of \(path): another namespace, entity or tag"
                )
            }
            return names.map(\.name)
        }
    }

    struct UUIDRow: Encodable {
        var uuid: String
        var entity: String?
        /// All of them, where entities share their UUIDs.
        var entities: [String]?
        var tag: UInt16?
        var id: Int64
    }
}
