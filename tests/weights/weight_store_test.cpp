// Taking parameters: views, conversions, slices, scales, and what is said when they are not there.
#include "weights/weight_store.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/tensors.h"
#include "weights/stored_file.h"

namespace {

using namespace kinema;
using test::NamedTensors;
using weights::NameMap;
using weights::WeightStore;

// A store over a file of these tensors.
struct Stored {
  explicit Stored(const NamedTensors& tensors,
                  at::ScalarType dtype = at::kFloat,
                  NameMap names = {})
      : store(test::stored_file(folder / "w.safetensors", tensors),
              {.dtype = dtype},
              std::move(names)) {}
  test::TempFolder folder;
  WeightStore store;

  // The message and hint of the kModel error that `action` throws, without the folder.
  template <typename Action>
  std::string refusal(Action action) {
    try {
      action(store);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kModel);
      auto text = std::string(error.what()) + (error.hint().empty() ? "" : " | " + error.hint());
      return text.substr(folder.path().string().size() + 1);
    }
    return "no error";
  }
};

at::Tensor counted(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape), at::kFloat).reshape(shape);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a tensor in the run's type is a view, any other a copy, and both are counted") {
  const auto values = counted({3, 4});
  Stored same({{"a", values}});
  const auto taken = same.store.take("a", {3, 4});
  CHECK(at::equal(taken, values));
  CHECK(taken.const_data_ptr() == same.store.component().find("a")->bytes().data());
  CHECK(same.store.bytes_read() == 48);
  for (const auto dtype : {at::kBFloat16, at::kHalf}) {
    Stored other({{"a", values.to(at::kDouble)}}, dtype);
    const auto converted = other.store.take("a", {3, 4});
    CHECK(converted.scalar_type() == dtype);
    CHECK(at::equal(converted, values.to(dtype)));
    CHECK(other.store.bytes_read() == 96);
  }
}

TEST_CASE("scalars, empty tensors and sizes left open") {
  Stored one({{"s", at::scalar_tensor(2.5, at::kDouble)},
              {"none", at::empty({0, 2}, at::kHalf)},
              {"t", counted({5, 2})}});
  CHECK(one.store.take("s", {}).item<float>() == 2.5F);
  CHECK(one.store.take("none", {0, 2}).scalar_type() == at::kFloat);
  CHECK(one.store.take("t", {-1, 2}).size(0) == 5);
}

TEST_CASE(
    "a missing or mis-shaped parameter is one sentence with the nearest names or both shapes") {
  Stored one({{"blocks.0.attn.to_q.weight", counted({4, 4})},
              {"blocks.1.attn.to_q.weight", counted({4, 4})},
              {"ids", at::arange(3)}});
  CHECK(one.refusal([](auto& store) {
    store.take("blocks.0.attn.to_k.weight", {4, 4});
  }) == "w.safetensors: has no tensor \"blocks.0.attn.to_k.weight\", which the model needs | did "
        "you mean "
        "blocks.0.attn.to_q.weight or blocks.1.attn.to_q.weight?");
  CHECK(one.refusal([](auto& store) {
    store.take("blocks.0.attn.to_q.weight", {4, 8});
  }) == "w.safetensors: tensor \"blocks.0.attn.to_q.weight\" has the shape [4, 4], but the model "
        "wants [4, 8] | does "
        "the config.json beside it belong to these weights?");
  CHECK(one.refusal([](auto& store) { store.take("blocks.0.attn.to_q.weight", {4}); }) !=
        "no error");
  CHECK(one.refusal([](auto& store) { store.take("ids", {3}); }) ==
        "w.safetensors: tensor \"ids\" is stored as I64; a floating-point type is wanted");
}

TEST_CASE("slices are what narrow gives, contiguous, and read only their bytes") {
  const auto values = counted({6, 4, 2});
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    Stored one({{"a", values}}, dtype);
    const auto rows = one.store.take_slice("a", {6, 4, 2}, {.dim = 0, .start = 2, .length = 3});
    CHECK(at::equal(rows, values.narrow(0, 2, 3).to(dtype)));
    CHECK(one.store.bytes_read() == 3 * 8 * 4);
    const auto columns = one.store.take_slice("a", {6, 4, 2}, {.dim = 1, .start = 1, .length = 2});
    CHECK(columns.is_contiguous());
    CHECK(at::equal(columns, values.narrow(1, 1, 2).to(dtype)));
    CHECK(one.store.bytes_read() == 3 * 8 * 4 + 6 * 4 * 4);
    CHECK_THROWS_AS(one.store.take_slice("a", {6, 4, 2}, {.dim = 1, .start = 3, .length = 2}),
                    Error);
    CHECK_THROWS_AS(one.store.take_slice("a", {6, 4, 2}, {.dim = 3, .start = 0, .length = 1}),
                    Error);
  }
}

TEST_CASE("8-bit floats come in the run's type, times their scale") {
  const auto values = at::tensor({1.0F, -2.0F, 0.5F, 448.0F, 0.25F, 3.0F}).reshape({3, 2});
  const auto stored = values.to(at::kFloat8_e4m3fn);
  Stored plain({{"a.weight", stored}}, at::kBFloat16);
  CHECK(at::equal(plain.store.take("a.weight", {3, 2}), values.to(at::kBFloat16)));
  for (const char* name : {"a.weight_scale", "a.scale_weight", "a.weight_scale_inv"}) {
    CAPTURE(name);
    Stored scalar({{"a.weight", stored}, {name, at::tensor({0.5F})}});
    CHECK(at::equal(scalar.store.take("a.weight", {3, 2}), values * 0.5));
    CHECK(scalar.store.unread().empty());
    Stored rows({{"a.weight", values.to(at::kFloat8_e5m2)},
                 {name, at::tensor({1.0F, 2.0F, 4.0F}).reshape({3, 1})}});
    const auto expected =
        values.to(at::kFloat8_e5m2).to(at::kFloat) * at::tensor({1.0F, 2.0F, 4.0F}).reshape({3, 1});
    CHECK(at::equal(rows.store.take("a.weight", {3, 2}), expected));
    CHECK(at::equal(rows.store.take_slice("a.weight", {3, 2}, {.dim = 0, .start = 1, .length = 2}),
                    expected.narrow(0, 1, 2)));
    CHECK(at::equal(rows.store.take_slice("a.weight", {3, 2}, {.dim = 1, .start = 1, .length = 1}),
                    expected.narrow(1, 1, 1)));
  }
  Stored blocks({{"a.weight", stored}, {"a.weight_scale", at::ones({2, 2})}});
  CHECK(blocks.refusal([](auto& store) {
    store.take("a.weight", {3, 2});
  }) == "w.safetensors: tensor \"a.weight_scale\" has the shape [2, 2]; one scale, or one for each "
        "row of [3, 2], is "
        "supported");
}

TEST_CASE("a scale that no 8-bit weight asks for is not applied") {
  Stored one({{"a.weight", counted({2})}, {"a.weight_scale", at::tensor({0.5F})}});
  CHECK(at::equal(one.store.take("a.weight", {2}), counted({2})));
  CHECK(one.store.unread() == Names{"a.weight_scale"});
}

TEST_CASE("a table stays in the file in its own type") {
  Stored one({{"t", counted({5, 2}).to(at::kHalf)}, {"f8", counted({5, 2}).to(at::kFloat8_e5m2)}});
  const auto table = one.store.take_table("t", {5, 2});
  CHECK(table.const_data_ptr() == one.store.component().find("t")->bytes().data());
  CHECK(one.store.take_table("f8", {5, 2}).scalar_type() == at::kFloat);
  CHECK(one.store.unread().empty());
}

TEST_CASE("names are adapted, and what nobody took is listed") {
  const NameMap names{{"model.", "language_model."},
                      {"visual.*", "lm_head.weight", "*.position_ids"}};
  Stored one({{"model.language_model.layers.0.w", counted({1})},
              {"model.visual.w", counted({1})},
              {"lm_head.weight", counted({1})},
              {"model.extra", counted({1})},
              {"a.position_ids", at::arange(1)}},
             at::kFloat, names);
  CHECK(one.store.has("layers.0.w"));
  CHECK_FALSE(one.store.has("model.language_model.layers.0.w"));
  CHECK(one.store.unread() == Names{"model.extra", "model.language_model.layers.0.w"});
  one.store.take("layers.0.w", {1});
  CHECK(one.store.unread() == Names{"model.extra"});
  CHECK_THROWS_WITH(Stored({{"model.a", counted({1})}, {"a", counted({1})}}, at::kFloat, names),
                    Catch::EndsWith("tensors \"a\" and \"model.a\" are the same parameter, \"a\""));
}

TEST_CASE("the stored checkpoints' components come whole") {
  using namespace std::string_literals;
  auto component =
      checkpoint::Component::open(KINEMA_TEST_DATA "/hunyuan15/t2v/model/transformer"s);
  WeightStore store(component, {.dtype = at::kFloat});
  for (const auto& [name, stored] : component.tensors()) store.take(name, stored.entry.shape);
  CHECK(store.unread().empty());
  CHECK(store.bytes_read() == component.size().bytes);
}

TEST_CASE("stored reference tensors are read") {
  const auto tensors = test::stored_tensors("hunyuan15/t2v/expected.safetensors");
  CHECK(tensors.size() > 3);
  for (const auto& [name, tensor] : tensors) CHECK(test::scaled_difference(tensor, tensor) == 0);
}
