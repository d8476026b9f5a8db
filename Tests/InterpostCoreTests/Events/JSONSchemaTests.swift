import TestSupport
import Testing

/// The validator itself: it must refuse what is wrong, and what it does not understand.
@Suite struct `A JSON Schema` {
    private static func problems(of value: String, by schema: String) throws -> [String] {
        try JSONSchema(JSON(reading: schema)).problems(of: JSON(reading: value))
    }

    private static let letter = """
        {"type":"object","required":["to"],"additionalProperties":false,"properties":{
            "to":{"type":"string","pattern":"^[a-z]+$"},"copies":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/copy"}},
            "kind":{"enum":["plain","express"]},"v":{"const":1},"any":true},
          "$defs":{"copy":{"type":"integer","minimum":2}}}
        """

    @Test(arguments: [
        #"{"to":"anna"}"#, #"{"to":"anna","copies":[2,3],"kind":"express","v":1,"any":{"x":[null]}}"#,
    ])
    func `holds for what it describes`(value: String) throws {
        #expect(try Self.problems(of: value, by: Self.letter) == [])
    }

    @Test(arguments: [
        (#"{"to":1}"#, #"$.to: string expected, not 1"#),
        (#"{"to":true}"#, #"$.to: string expected, not true"#),
        (#"[]"#, #"$: object expected, not []"#),
        (#"{}"#, #"$: to is missing"#),
        (#"{"to":"anna","tO":"x"}"#, #"$: tO is not expected"#),
        (#"{"to":"Anna"}"#, #"$.to: "Anna" is not like ^[a-z]+$"#),
        (#"{"to":"anna\n"}"#, #"$.to: "anna\u000a" is not like ^[a-z]+$"#),
        (#"{"to":""}"#, #"$.to: "" is not like ^[a-z]+$"#),
        (#"{"to":"anna","copies":[]}"#, #"$.copies: 1 or more expected, not 0"#),
        (#"{"to":"anna","copies":{}}"#, #"$.copies: array expected, not {}"#),
        (#"{"to":"anna","copies":[2,1]}"#, #"$.copies[1]: 1 is less than 2"#),
        (#"{"to":"anna","copies":[2.5]}"#, #"$.copies[0]: integer expected, not 2.5"#),
        (#"{"to":"anna","copies":["2"]}"#, #"$.copies[0]: integer expected, not "2""#),
        (#"{"to":"anna","copies":[true]}"#, #"$.copies[0]: integer expected, not true"#),
        (#"{"to":"anna","kind":"slow"}"#, #"$.kind: "slow" is none of the values"#),
        (#"{"to":"anna","v":2}"#, #"$.v: 1 expected, not 2"#),
        (#"{"to":"anna","v":"1"}"#, #"$.v: 1 expected, not "1""#),
    ])
    func `does not hold for anything else, and says where`(value: String, problem: String) throws {
        #expect(try Self.problems(of: value, by: Self.letter) == [problem])
    }

    private static let choice = """
        {"oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"},{"properties":{"c":{"type":"boolean"}},"required":["c"]}],
         "$defs":{"a":{"properties":{"n":{"const":"a"},"x":{"type":"integer"}},"required":["n","x"]},
                  "b":{"properties":{"n":{"const":"b"},"y":true},"required":["n","y"]}}}
        """

    @Test(arguments: [#"{"n":"a","x":1}"#, #"{"n":"b","y":null}"#, #"{"c":true}"#])
    func `holds where one choice does`(value: String) throws {
        #expect(try Self.problems(of: value, by: Self.choice) == [])
    }

    @Test func `does not hold where several choices do, or none`() throws {
        #expect(
            try Self.problems(of: #"{"n":"a","x":1,"c":true}"#, by: Self.choice) == ["$: 2 of the choices hold, not one"])
        #expect(
            try Self.problems(of: #"{"n":"a","x":"1"}"#, by: Self.choice)
                == ["$: none of 3 choices holds; of the nearest one:", #"$.x: integer expected, not "1""#])
    }

    @Test(arguments: [
        (#"{"maximum":3}"#, "#/maximum"), (#"{"type":"number"}"#, "#/type"), (#"{"type":["string"]}"#, "#/type"),
        (#"{"properties":{"a":{"format":"date-time"}}}"#, "#/properties/a/format"),
        (#"{"items":{"oneOf":[{"not":{}}]}}"#, "#/items/oneOf/0/not"),
        (#"{"$defs":{"unused":{"maxLength":1}}}"#, "#/$defs/unused/maxLength"),
        (#"{"additionalProperties":true}"#, "#/additionalProperties"), (#"{"properties":{"a":false}}"#, "#/properties/a"),
        (#"{"required":["a"]}"#, "#"), (##"{"$ref":"#/$defs/a"}"##, "#/$ref"), (#"{"pattern":"("}"#, "#/pattern"),
        (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "#/$schema"), (#"{"enum":[]}"#, "#/enum"),
        (#"{"items":{"$defs":{}}}"#, "#/items/$defs"), (#"{"descripton":"x"}"#, "#/descripton"), ("3", "#"),
    ])
    func `is refused where it says what is not understood`(schema: String, place: String) throws {
        let document = try JSON(reading: schema)
        let failure = #expect(throws: JSONSchema.Failure.self) { try JSONSchema(document) }
        #expect(failure?.place == place)
    }

    @Test func `that refers to itself without end is not followed without end`() throws {
        let schema = ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##
        #expect(try Self.problems(of: "1", by: schema) == ["$: the schema refers to itself, deeper than is followed"])
    }
}

@Suite struct `JSON that is read strictly` {
    @Test(arguments: [
        #"{"b":[1,-2,true,false,null],"a":{"x":""}}"#, #"["\"","\\","\u0000","é🙂"]"#, "-9223372036854775808",
        "9223372036854775808", "1.50", "-0.1e+9", "[]", "{}",
    ])
    func `comes out as it went in`(text: String) throws {
        #expect(try JSON(reading: text).description == text)
    }

    @Test(arguments: [
        (#" [ "\u00e9\ud83d\ude42\/\b\f\n\r\t" , 0 ] "#, "é🙂/\u{8}\u{C}\n\r\t")
    ])
    func `has its escapes and spaces read`(text: String, first: String) throws {
        #expect(try JSON(reading: text) == .array([.string(first), .integer(0)]))
    }

    @Test(arguments: [
        "", "{", "[1,]", #"{"a":1,}"#, #"{"a" 1}"#, "{a:1}", "01", "-", "1.", "1e", "+1", ".5", "nul", "True", "1 2", "{}{}",
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "\"\n\"", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\u+123""#, #""\ud83d""#,
        #""\ude42""#, #""\ud83dx""#, #""\ud83d\u0041""#, "\"", #"["a"#, "NaN", "//", "'a'",
    ])
    func `is refused where it is not JSON`(text: String) {
        #expect(throws: JSON.SyntaxError.self) { try JSON(reading: text) }
    }

    @Test func `is refused where it is not UTF-8, or nested without end`() {
        #expect(throws: JSON.SyntaxError.self) { try JSON(reading: [0x22, 0xC3, 0x22]) }
        #expect(throws: JSON.SyntaxError.self) { try JSON(reading: String(repeating: "[", count: 100_000)) }
    }
}
