"""Forms of the accounts room."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from crm.accounts.models import OrganisationKind
from crm.accounts.permissions import Role
from crm.accounts.words import ORGANISATION_KINDS, ROLES
from crm.web.choices import choices

ADDRESS = Regexp(r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$", message=_l("这不像邮箱地址，应如 name@example.com。"))


class SignInForm(FlaskForm):
    email = EmailField(_l("邮箱"), validators=[InputRequired(_l("请填写邮箱。")), Length(max=200)])
    password = PasswordField(_l("密码"), validators=[InputRequired(_l("请填写密码。")), Length(max=200)])


class NewPasswordForm(FlaskForm):
    password = PasswordField(_l("新密码"), validators=[InputRequired(_l("请填写新密码。")), Length(max=200)])
    again = PasswordField(
        _l("再输入一次"),
        validators=[InputRequired(_l("请再输入一次新密码。")), EqualTo("password", _l("两次输入的密码不一样。"))],
    )


class ChangePasswordForm(NewPasswordForm):
    old_password = PasswordField(_l("原密码"), validators=[InputRequired(_l("请填写原密码。")), Length(max=200)])


class FirmUserForm(FlaskForm):
    name = StringField(_l("姓名"), validators=[InputRequired(_l("请填写姓名。")), Length(max=100)])
    email = EmailField(_l("邮箱"), validators=[InputRequired(_l("请填写邮箱。")), ADDRESS, Length(max=200)])


class StaffForm(FirmUserForm):
    role = SelectField(
        _l("角色"),
        choices=choices((role, title) for role, title in ROLES.items() if role is not Role.FIRM),
        coerce=Role,
        default=Role.OFFICER,
    )
    organisation_id = SelectField(_l("单位"), coerce=int)


class OrganisationForm(FlaskForm):
    name = StringField(_l("名称"), validators=[InputRequired(_l("请填写名称。")), Length(max=100)])
    disabled = BooleanField(_l("停用"))


class NewOrganisationForm(FlaskForm):
    name = StringField(_l("名称"), validators=[InputRequired(_l("请填写名称。")), Length(max=100)])
    kind = SelectField(
        _l("类别"),
        choices=choices(
            (kind, title) for kind, title in ORGANISATION_KINDS.items() if kind is not OrganisationKind.CITY
        ),
        coerce=OrganisationKind,
        default=OrganisationKind.PARK,
    )
    parent_id = SelectField(_l("上级单位"), coerce=int)
