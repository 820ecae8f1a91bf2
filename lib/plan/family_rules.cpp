// The families there are.
#include "plan/family_rules.h"

#include "base/error.h"
#include "plan/hunyuan15_rules.h"
#include "plan/ltx2_rules.h"

namespace kinema::plan {

const FamilyRules& family_rules(checkpoint::Family family) {
  static const Hunyuan15Rules hunyuan15;
  static const Ltx2Rules ltx2;
  switch (family) {
    case checkpoint::Family::kHunyuan15:
      return hunyuan15;
    case checkpoint::Family::kLtx2:
      return ltx2;
  }
  throw Error(ErrorKind::kInternal, "a family of models without rules");
}

}  // namespace kinema::plan
