// Components, overrides and faults of checkpoints.
#include "plan/model_facts.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "plan/hunyuan15_memory.h"
#include "plan/inspection.h"

using namespace kinema;
using namespace kinema::plan;
namespace fs = std::filesystem;

namespace {

const fs::path kData = fs::path(KINEMA_TEST_DATA) / "hunyuan15";

// A safetensors file of the real size without the bytes: a header and a hole.
class SparseFile {
 public:
  void add(const std::string& name, std::vector<int64_t> shape) {
    uint64_t bytes = 2;
    for (auto size : shape) bytes *= static_cast<uint64_t>(size);
    header_[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {end_, end_ + bytes}}};
    end_ += bytes;
  }
  void linear(const std::string& name, int64_t out, int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void write(const fs::path& path) const {
    auto text = header_.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t size = text.size();
    {
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(&size), sizeof(size));
      out << text;
    }
    fs::resize_file(path, sizeof(size) + size + end_);
  }

 private:
  OrderedJson header_ = OrderedJson::object();
  uint64_t end_ = 0;
};

void add_refiner(SparseFile& file, int64_t d) {
  const std::string root = "context_embedder.";
  file.linear(root + "time_text_embed.timestep_embedder.linear_1", d, 256);
  file.linear(root + "time_text_embed.timestep_embedder.linear_2", d, d);
  file.linear(root + "time_text_embed.text_embedder.linear_1", d, 3584);
  file.linear(root + "time_text_embed.text_embedder.linear_2", d, d);
  file.linear(root + "proj_in", d, 3584);
  for (const char* block : {"0", "1"}) {
    const auto at = root + "token_refiner.refiner_blocks." + block + ".";
    for (const char* norm : {"norm1", "norm2"}) {
      file.add(at + norm + ".weight", {d});
      file.add(at + norm + ".bias", {d});
    }
    for (const char* name : {"attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0"})
      file.linear(at + name, d, d);
    file.linear(at + "ff.net.0.proj", 4 * d, d);
    file.linear(at + "ff.net.2", d, 4 * d);
    file.linear(at + "norm_out.linear", 2 * d, d);
  }
}

void add_block(SparseFile& file, const std::string& at, int64_t d) {
  file.linear(at + "norm1.linear", 6 * d, d);
  file.linear(at + "norm1_context.linear", 6 * d, d);
  for (const char* name : {"to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj",
                           "add_v_proj", "to_add_out"}) {
    file.linear(at + "attn." + name, d, d);
  }
  for (const char* name : {"norm_q", "norm_k", "norm_added_q", "norm_added_k"})
    file.add(at + "attn." + name + ".weight", {128});
  for (const char* name : {"ff", "ff_context"}) {
    file.linear(at + name + ".net.0.proj", 4 * d, d);
    file.linear(at + name + ".net.2", d, 4 * d);
  }
}

// The released transformer's tensors.
void write_transformer(const fs::path& path) {
  const int64_t d = 2048;
  SparseFile file;
  file.add("x_embedder.proj.weight", {d, 65, 1, 1, 1});
  file.add("x_embedder.proj.bias", {d});
  for (const char* part : {"weight", "bias"}) {
    file.add(std::string("image_embedder.norm_in.") + part, {1152});
    file.add(std::string("image_embedder.norm_out.") + part, {d});
    file.add(std::string("context_embedder_2.norm.") + part, {1472});
  }
  file.linear("image_embedder.linear_1", 1152, 1152);
  file.linear("image_embedder.linear_2", d, 1152);
  add_refiner(file, d);
  file.linear("context_embedder_2.linear_1", 2048, 1472);
  file.linear("context_embedder_2.linear_2", 2048, 2048);
  file.linear("context_embedder_2.linear_3", d, 2048);
  file.linear("time_embed.timestep_embedder.linear_1", d, 256);
  file.linear("time_embed.timestep_embedder.linear_2", d, d);
  file.add("cond_type_embed.weight", {3, d});
  for (int block = 0; block < 54; ++block)
    add_block(file, "transformer_blocks." + std::to_string(block) + ".", d);
  file.linear("norm_out.linear", 2 * d, d);
  file.linear("proj_out", 32, d);
  file.write(path);
}

}  // namespace

TEST_CASE(
    "the released transformer without its modulation layers is 11.2 GB, planned from a file "
    "without bytes") {
  const auto folder = fs::temp_directory_path() / "kinema_sparse_transformer";
  fs::create_directories(folder);
  write_transformer(folder / "diffusion_pytorch_model.safetensors");
  std::ofstream(folder / "config.json")
      << "{\"_class_name\": \"HunyuanVideo15Transformer3DModel\"}";
  config::Request request;
  request.model = kData / "t2v/model";
  request.transformer_path = folder;
  const auto facts = read_model(request);
  CHECK(facts.hunyuan15.transformer.num_layers == 54);
  const auto size = checkpoint::Component::open(folder).size();
  CHECK(size.elements == 8'326'608'160);

  MemoryInput input;
  input.video = {848, 480, 121};
  input.steps = 50, input.branches = 2;
  input.use.on_cpu = false, input.use.dtype = config::Dtype::kBfloat16;
  const auto stage = hunyuan15_memory(facts, input).stages.at(1);
  CHECK(stage.stage == "denoise");
  // Nor are those of the last block's text that nothing is made of.
  const uint64_t modulation = 54 * 50'356'224ull + 8'392'704, unused = 41'957'504;
  const uint64_t time = 2 * 4'722'688;  // what embeds it, for the blocks and for the refiner
  CHECK(stage.weights == 2 * (8'326'608'160 - modulation - time - unused));
  CHECK(stage.mapped == 0);
  // The specification's 6 to 8 activations of 193 MiB, and those of the second branch and the
  // unchunked MLP.
  CHECK(stage.activations > 6 * 193'000'000ull);
  CHECK(stage.activations < 16 * 210'000'000ull);
  input.use.on_cpu = true;
  // On the CPU they are used where the file lies, and the modulation layers' pages are let go.
  const auto on_cpu = hunyuan15_memory(facts, input).stages.at(1);
  CHECK(on_cpu.mapped == on_cpu.weights);
  CHECK(on_cpu.weights == stage.weights);
  input.use.dtype = config::Dtype::kFloat32;
  CHECK(hunyuan15_memory(facts, input).stages.at(1).mapped == 0);

  // Streamed blocks: two at a time, and with HSDP this rank's parts of all.
  input.use.on_cpu = false, input.use.dtype = config::Dtype::kBfloat16;
  const uint64_t block = 2 * (151'056'896 - 50'356'224),
                 root = stage.weights + 2 * unused - 54 * block;
  input.use.offload = config::Offload::kBlock;
  CHECK(hunyuan15_memory(facts, input).stages.at(1).weights == root + 2 * block);
  input.use.offload = config::Offload::kNone;
  input.use.parallel.hsdp_shard = 8;
  CHECK(hunyuan15_memory(facts, input).stages.at(1).weights == root + 2 * block + 54 * (block / 8));
  fs::remove_all(folder);
}

TEST_CASE("component overrides use the configuration beside them, or the model's") {
  config::Request request;
  request.model = kData / "t2v/model";
  request.vae_path = kData / "i2v/model/vae";
  CHECK(read_model(request).component("vae").config == kData / "i2v/model/vae/config.json");
  const auto lone = fs::temp_directory_path() / "kinema_lone";
  fs::create_directories(lone);
  request.vae_path = lone / "vae.safetensors";
  CHECK(read_model(request).component("vae").config == kData / "t2v/model/vae/config.json");
  CHECK(read_model(request).component("vae").weights == lone / "vae.safetensors");
}

TEST_CASE("a folder that is no checkpoint") {
  config::Request request;
  request.model = "/no/such/model";
  CHECK_THROWS_AS(read_model(request), Error);
  request.model = kData;
  CHECK_THROWS_AS(read_model(request), Error);
}

TEST_CASE("guidance decides the number of forwards") {
  config::Request request;
  request.model = kData / "t2v/model";
  const auto facts = read_model(request);
  const auto branches_at = [&](double scale) {
    request.guidance_scale = scale;
    return facts.rules().branches(facts, request);
  };
  CHECK(branches_at(6) == 2);
  CHECK(branches_at(1) == 1);
  CHECK(branches_at(0) == 2);
  request.num_inference_steps = 10, request.guidance_stop = 0.09;
  CHECK(branches_at(6) == 1);
}

TEST_CASE("inspection tells of every component, damaged ones too") {
  const auto found = inspect(kData / "t2v/model");
  CHECK(found.faults.empty());
  CHECK(found.json["components"].size() == 4);
  CHECK(found.json["variant"] == "480p_t2v");
  const auto copy = fs::temp_directory_path() / "kinema_damaged";
  fs::remove_all(copy);
  fs::copy(kData / "t2v/model", copy, fs::copy_options::recursive);
  fs::resize_file(copy / "text_encoder_2/model.safetensors", 1000);
  const auto damaged = inspect(copy);
  CHECK(damaged.faults.all().size() == 1);
  CHECK(damaged.json["components"][1].contains("error"));
  CHECK(damaged.json["components"][2]["parameters"].get<uint64_t>() > 0);
  fs::remove_all(copy);
}
