"""Forms of the accounts room."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):
    email = EmailField(_l("邮箱"), validators=[InputRequired(_l("请填写邮箱。")), Length(max=200)])
    password = PasswordField(_l("密码"), validators=[InputRequired(_l("请填写密码。")), Length(max=200)])
