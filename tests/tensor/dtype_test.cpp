// Names of element types.
#include "tensor/dtype.h"

#include "base/error.h"

TEST_CASE("the safetensors format's names go both ways") {
  for (const char* name : {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "I32", "I16",
                           "I8", "U64", "U32", "U16", "U8", "BOOL"}) {
    CHECK(kinema::tensor::safetensors_name(kinema::tensor::dtype_from_safetensors(name)) == name);
  }
  CHECK(kinema::tensor::dtype_from_safetensors("F8_E4M3") == at::kFloat8_e4m3fn);
  CHECK_THROWS_AS(kinema::tensor::dtype_from_safetensors("F4"), kinema::Error);
  CHECK_THROWS_AS(kinema::tensor::safetensors_name(at::kComplexFloat), kinema::Error);
}
