"""What the emulator gets instead of the template's own words."""

import sys
import tempfile
import unittest
import zipfile
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import expand

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Size: {Type: Number, Default: 3}
  Name: {Type: String, Default: "7"}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ["https://a.example"]}
  Reader:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: reader}}
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      MemorySize: !Ref Size
      Layers: [!Ref Library]
      Environment:
        Variables:
          LOGIN: !Ref Login
          NAME: !Ref Name
          LIVE: !Sub "https://${Live}.execute-api.${AWS::Region}.${AWS::URLSuffix}/live"
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: "/things/{id}"}}
  Live: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Reply: {Type: AWS::ApiGatewayV2::RouteResponse, Properties: {ApiId: !Ref Live}}
  Library: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: somewhere}}
  Login:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {ExcludePunctuation: true}}
  Bucket: {Type: AWS::S3::Bucket}
  Tls:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - {Effect: Deny, Action: "s3:*", Condition: {Bool: {"aws:SecureTransport": "false"}}}
"""
CODE = {"Reader": {"Bucket": "code", "Key": "reader.zip"}}


class Expansion(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(TEMPLATE)
            file.flush()
            self.template = expand.load(Path(file.name))
        self.names = expand.binaries(self.template)
        given = {"Size": "512"}
        plain = expand.expand(self.template, CODE, given, "us-east-1", "fixed", "http://here")
        self.resources = plain["Resources"]

    def of_type(self, kind):
        return [r["Properties"] for r in self.resources.values() if r["Type"] == kind]

    def test_routes_become_resources_of_an_api_with_a_fixed_id(self):
        (route,) = self.of_type("AWS::ApiGatewayV2::Route")
        self.assertEqual(route["RouteKey"], "GET /things/{id}")
        api = self.resources["Api"]["Properties"]
        self.assertEqual(api["Tags"]["ms-custom-id"], "fixed")
        self.assertEqual(api["CorsConfiguration"], {"allowOrigins": ["https://a.example"]})
        self.assertNotIn("Body", api)

    def test_the_websocket_api_is_reached_at_this_machine(self):
        live = self.resources["Live"]["Properties"]
        self.assertEqual(live["Tags"]["ms-custom-id"], "fixedws")
        variables = self.resources["Reader"]["Properties"]["Environment"]["Variables"]
        self.assertEqual(variables["LIVE"], {"Fn::Sub": "http://here/${Live}/live"})
        self.assertNotIn("Reply", self.resources)

    def test_code_is_replaced_and_layers_are_gone(self):
        self.assertEqual(self.names, {"Reader": "reader"})
        reader = self.resources["Reader"]["Properties"]
        self.assertEqual(reader["Code"], {"S3Bucket": "code", "S3Key": "reader.zip"})
        self.assertNotIn("Layers", reader)
        self.assertEqual(self.of_type("AWS::Lambda::LayerVersion"), [])

    def test_numbers_are_written_in_and_text_stays_a_reference(self):
        reader = self.resources["Reader"]["Properties"]
        self.assertEqual(reader["MemorySize"], 512)
        self.assertEqual(reader["Environment"]["Variables"]["NAME"], {"Ref": "Name"})

    def test_a_reference_to_a_secret_asks_for_its_arn(self):
        variables = self.resources["Reader"]["Properties"]["Environment"]["Variables"]
        self.assertEqual(variables["LOGIN"], {"Fn::GetAtt": ["Login", "Id"]})
        generated = self.resources["Login"]["Properties"]["GenerateSecretString"]
        self.assertIn("'", generated["ExcludeCharacters"])

    def test_a_policy_that_only_refuses_plain_http_is_left_out(self):
        self.assertNotIn("Tls", self.resources)


class Stub(unittest.TestCase):
    def test_the_stub_changes_with_the_binary(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / "reader"
            binary.write_text("one")
            first, archive = expand.stub(binary, Path("/logs"))
            binary.write_text("another")
            second, _ = expand.stub(binary, Path("/logs"))
        self.assertNotEqual(first, second)
        with zipfile.ZipFile(BytesIO(archive)) as packed:
            script = packed.read("bootstrap").decode()
        self.assertIn(f'exec "{binary}" >>"/logs/$AWS_LAMBDA_FUNCTION_NAME.log"', script)


if __name__ == "__main__":
    unittest.main()
