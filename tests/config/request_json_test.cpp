// A request survives the way to JSON and back, and a file that is wrong is refused with its line
// and pointer.
#include "config/request_json.h"

#include <catch2/catch.hpp>

#include "config/json_lines.h"
#include "config/options.h"

using namespace kinema;
using namespace kinema::config;

namespace {

Request filled() {
  Request r;
  r.model = "models/a b";
  r.strict = true;
  r.prompt = "a \"quoted\" text\nwith 狐狸";
  r.negative_prompt = "";
  r.image = "x.png";
  r.image_fit = ImageFit::kPad;
  r.conditions = {{{"a,b.png", -1, 0.8}, {"c.png", 2, 1}}};
  r.seed = 18446744073709551615ull;
  r.width = 848;
  r.aspect_ratio = AspectRatio{21, 9};
  r.duration = 5.25;
  r.round_frames = RoundFrames::kDown;
  r.fps = Rational{24000, 1001};
  r.guidance_scale = 0.1;
  r.device = Device{Device::Kind::kCuda, 3};
  r.dtype = Dtype::kBfloat16;
  r.vae_tiling = VaeTiling::kOff;
  r.metadata = false;
  r.log_level = LogLevel::kDebug;
  return r;
}

std::string message(const std::string& text) {
  Request request;
  Violations violations;
  apply_json(parse_json(text, "job.json", ErrorKind::kConfig), {"job.json", text, "", "/base"},
             request, violations);
  std::string all;
  for (const auto& one : violations.all()) all += one.what + " | " + one.hint + "\n";
  return all;
}

}  // namespace

TEST_CASE("a request comes back from its JSON unchanged") {
  for (const auto& request : {Request{}, filled()}) {
    const auto json = request_to_json(request);
    const auto back = request_from_json(Json::parse(json.dump()), "request");
    CHECK(request_to_json(back) == json);
  }
  const auto back = request_from_json(Json::parse(request_to_json(filled()).dump()), "request");
  CHECK(back.prompt == filled().prompt);
  CHECK(back.seed == filled().seed);
  CHECK(back.fps == filled().fps);
  CHECK(back.guidance_scale == filled().guidance_scale);
  CHECK(back.device == filled().device);
  CHECK(back.negative_prompt == "");
  CHECK_FALSE(back.height);
}

TEST_CASE("every option has a value that round-trips alone") {
  for (const auto& one : options()) {
    const auto json = one.field.json(filled());
    if (json.is_null()) continue;
    Request request;
    INFO(one.key);
    CHECK(one.set_json(request, json));
    CHECK(one.field.json(request) == json);
  }
}

TEST_CASE("wrong files are refused with line, pointer and the nearest key") {
  CHECK(message("{\n\"num_inference_step\": 4\n}") ==
        "unknown key \"num_inference_step\" (job.json:2, /num_inference_step) | did you mean "
        "num_inference_steps?\n");
  CHECK(message("{\"width\": \"848\",\n \"vae_tiling\": \"yes\",\n\n \"crf\": 99}") ==
        "\"crf\" must be a whole number from 0 to 63, not 99 (job.json:4, /crf) | \n"
        "\"vae_tiling\" must be auto, on or off, not \"yes\" (job.json:2, /vae_tiling) | \n"
        "\"width\" must be a whole number from 1 to 32768, not \"848\" (job.json:1, /width) | \n");
  CHECK(message("[1]") == "an object is wanted here, not array (job.json:1, ) | \n");
  CHECK_THROWS_AS(request_from_json(Json::parse(R"({"seed": -1})"), "request"), Error);
  CHECK_THROWS_AS(request_from_json(Json::parse(R"({"fps": "0/1"})"), "request"), Error);
  CHECK_THROWS_AS(
      request_from_json(Json::parse(R"({"guidance_scale": 1e999})", nullptr, false), "request"),
      Error);
}

TEST_CASE("paths and prompt files of a file are relative to it") {
  Request request;
  Violations violations;
  const std::string text =
      R"({"image": "fox.png", "prompt": "@p.txt", "negative_prompt": "@@home", "output": "/x/y.mp4",
                               "save_latents": "{output}.latents.safetensors", "model": "shipped-name"})";
  auto set = apply_json(Json::parse(text), {"job.json", text, "", "/base"}, request, violations);
  CHECK(violations.empty());
  CHECK(set.size() == 6);
  CHECK(request.image == "/base/fox.png");
  CHECK(request.prompt == "@/base/p.txt");
  CHECK(request.negative_prompt == "@@home");
  CHECK(request.output == "/x/y.mp4");
  CHECK(request.save_latents == "{output}.latents.safetensors");
  CHECK(request.model == "shipped-name");
}

TEST_CASE("LoRA files are objects in JSON, with paths relative to the file") {
  Request request;
  Violations violations;
  const std::string text = R"({"lora": [{"path": "a.safetensors", "scale": 0.5}, {"path": "/b"}]})";
  apply_json(Json::parse(text), {"job.json", text, "", "/base"}, request, violations);
  CHECK(violations.empty());
  CHECK(request.lora == std::vector<Lora>{{"/base/a.safetensors", 0.5}, {"/b", 1}});
}

TEST_CASE("conditions are objects in JSON, with pictures relative to the file") {
  Request request;
  Violations violations;
  const std::string text =
      R"({"conditions": [{"image": "a.png", "index": -1, "strength": 0.5}, {"image": "/b.png"}]})";
  apply_json(Json::parse(text), {"job.json", text, "", "/base"}, request, violations);
  CHECK(violations.empty());
  CHECK(request.conditions == std::vector<Condition>{{"/base/a.png", -1, 0.5}, {"/b.png", 0, 1}});
  for (const char* wrong : {R"({"conditions": [{"index": 1}]})", R"({"conditions": ["a.png@0"]})",
                            R"({"conditions": [{"image": "a.png", "place": 1}]})",
                            R"({"conditions": {"image": "a.png"}})"}) {
    INFO(wrong);
    CHECK_THROWS_AS(request_from_json(Json::parse(wrong), "request"), Error);
  }
}

TEST_CASE("lines of JSON values") {
  JsonLines lines(
      "{\"a\": 1,\n \"jobs\": [\n  {\"x\": [1, 2]},\n  {\n   \"y\": {\"z\": null}}]\n}");
  CHECK(lines.line("/a") == 1);
  CHECK(lines.line("/jobs") == 2);
  CHECK(lines.line("/jobs/0") == 3);
  CHECK(lines.line("/jobs/0/x") == 3);
  CHECK(lines.line("/jobs/1") == 4);
  CHECK(lines.line("/jobs/1/y/z") == 5);
}
