"""Numbers that name a thing for life: credit codes of firms, numbers of patents and other rights.

Each check is pure and answers with one `Checked`: what the number is, in its normal form, or what is wrong with it
and how to mend it.
"""

from crm.kernel.identifiers.checked import Checked
from crm.kernel.identifiers.credit_code import check_credit_code, is_registration_number
from crm.kernel.identifiers.ip_number import check_ip_number
from crm.kernel.identifiers.patent import check_patent_number

__all__ = ["Checked", "check_credit_code", "check_ip_number", "check_patent_number", "is_registration_number"]
